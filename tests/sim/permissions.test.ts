import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { day, hour, minute, SimClock } from '../../ops/sim/meta/clock.ts';
import { GraphError } from '../../ops/sim/meta/graph/errors.ts';
import { PermissionBook } from '../../ops/sim/meta/permissions.ts';

const permissions = suite('sim permissions');

const ours = '100';
const maya = '15550100001';
function aBook(): { book: PermissionBook; clock: SimClock } {
  const clock = new SimClock();
  return { book: new PermissionBook(clock), clock };
}
function codeOf(work: () => void): number {
  try {
    work();
  } catch (error) {
    if (error instanceof GraphError) return error.code;
    throw error;
  }
  return 0;
}

permissions('nobody may be called before they agreed', () => {
  const { book } = aBook();
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    138006,
  );
});

permissions('a temporary permission lasts seven days, to the minute', () => {
  const { book, clock } = aBook();
  book.grant(ours, maya, 'temporary');
  clock.advance(7 * day - minute);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    0,
  );
  clock.advance(minute + 1000);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    138006,
  );
});

permissions('a permanent permission does not end', () => {
  const { book, clock } = aBook();
  book.grant(ours, maya, 'permanent');
  clock.advance(400 * day);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    0,
  );
});

permissions('one request a day, two a week', () => {
  const { book, clock } = aBook();
  const ask = (): number => {
    book.touch(ours, maya);
    return codeOf(() => book.request(ours, maya));
  };
  assert.equal([ask(), ask()], [0, 138009]);
  clock.advance(day + minute);
  assert.equal([ask(), ask()], [0, 138009]);
  clock.advance(day + minute);
  assert.is(ask(), 138009);
  clock.advance(6 * day);
  assert.is(ask(), 0);
});

permissions('a call that connects, in either direction, starts the counting of requests anew', () => {
  const { book } = aBook();
  book.touch(ours, maya);
  book.request(ours, maya);
  book.callConnected(ours, maya, false);
  assert.is(
    codeOf(() => book.request(ours, maya)),
    0,
  );
});

permissions('a request needs an open window, and nobody asks who may always call', () => {
  const { book, clock } = aBook();
  assert.is(
    codeOf(() => book.request(ours, maya)),
    138011,
  );
  book.touch(ours, maya);
  clock.advance(25 * hour);
  assert.is(
    codeOf(() => book.request(ours, maya)),
    138011,
  );
  book.touch(ours, maya);
  book.grant(ours, maya, 'permanent');
  assert.is(
    codeOf(() => book.request(ours, maya)),
    138017,
  );
});

permissions('a hundred connected calls a day', () => {
  const { book, clock } = aBook();
  book.grant(ours, maya, 'permanent');
  for (let i = 0; i < 100; i += 1) book.callConnected(ours, maya, true);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    138012,
  );
  const [, start] = book.describe(ours, maya, true)['actions'] as { limits: Record<string, unknown>[] }[];
  assert.ok(typeof start!.limits[0]!['limit_expiration_time'] === 'number');
  clock.advance(day + 1000);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    0,
  );
});

permissions('two unanswered calls in a row warn, four take the permission; an answered one starts anew', () => {
  const { book } = aBook();
  book.grant(ours, maya, 'permanent');
  const miss = (): string => book.callUnanswered(ours, maya);
  assert.equal([miss(), miss(), miss()], ['nothing', 'warned', 'nothing']);
  book.callConnected(ours, maya, true);
  assert.equal([miss(), miss(), miss(), miss()], ['nothing', 'warned', 'nothing', 'revoked']);
  assert.is(
    codeOf(() => book.checkCall(ours, maya)),
    138006,
  );
});

permissions('the description has the documented shape', () => {
  const { book, clock } = aBook();
  book.touch(ours, maya);
  book.request(ours, maya);
  const asked = book.describe(ours, maya, true)['actions'] as { can_perform_action: boolean; limits: object[] }[];
  assert.is(asked[0]!.can_perform_action, false);
  clock.advance(day + 1000);
  const grant = book.grant(ours, maya, 'temporary');
  assert.equal(book.describe(ours, maya, true), {
    messaging_product: 'whatsapp',
    permission: { status: 'temporary', expiration_time: grant.kind === 'temporary' ? grant.until / 1000 : 0 },
    actions: [
      {
        action_name: 'send_call_permission_request',
        can_perform_action: true,
        limits: [
          { time_period: 'PT24H', max_allowed: 1, current_usage: 0 },
          { time_period: 'P7D', max_allowed: 2, current_usage: 1 },
        ],
      },
      {
        action_name: 'start_call',
        can_perform_action: true,
        limits: [{ time_period: 'PT24H', max_allowed: 100, current_usage: 0 }],
      },
    ],
  });
  assert.equal(book.describe(ours, maya, false)['permission'], { status: 'no_permission' });
});

permissions('permissions are kept by number and customer', () => {
  const { book } = aBook();
  book.grant(ours, maya, 'permanent');
  assert.is(
    codeOf(() => book.checkCall('101', maya)),
    138006,
  );
  assert.is(
    codeOf(() => book.checkCall(ours, '15550100002')),
    138006,
  );
});

permissions.run();
