import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import type { CallView } from '../../control/contract/views.ts';
import { createCalls } from '../../ui/src/call/calls.ts';
import type { Line } from '../../ui/src/line/line.ts';
import type { Rest } from '../../ui/src/api/rest.ts';

const calls = suite('the console’s calls');

const aCall = (change: Partial<CallView> = {}): CallView =>
  ({
    id: createId('call'),
    revision: 1,
    phase: 'ringing',
    handler: null,
    offer: null,
    startedAt: '2026-11-23T10:00:00Z',
    ...change,
  }) as CallView;

/** The store with a line that says what the test says, and a server that knows the given calls. */
function aStore(known: CallView[] = []) {
  let hear: (notice: { call: CallView }) => void = () => undefined;
  const line = {
    on: (_: string, run: typeof hear) => {
      hear = run;
      return () => undefined;
    },
  } as unknown as Line;
  const rest = {
    call: (_: string, { params }: { params: { callId: string } }) => {
      const call = known.find(({ id }) => id === params.callId);
      return call ? Promise.resolve({ call, history: [] }) : Promise.reject(new Error('gone'));
    },
  } as unknown as Rest;
  const store = createCalls(line, rest);
  const heard: CallView['phase'][] = [];
  store.onChange((call) => heard.push(call.phase));
  return { store, heard, tell: (call: CallView) => hear({ call }) };
}

calls('every step of a call is heard once, in whatever way it comes', () => {
  const { store, heard, tell } = aStore();
  const call = aCall();
  tell(call);
  tell({ ...call, revision: 2, phase: 'claimed' });
  store.apply({ ...call, revision: 2, phase: 'claimed' });
  tell({ ...call, revision: 3, phase: 'live' });
  tell({ ...call, revision: 4, phase: 'ended' });
  assert.equal(heard, ['ringing', 'claimed', 'live', 'ended']);
});

calls('a stale view changes nothing and is not heard', () => {
  const { store, heard, tell } = aStore();
  const call = aCall({ revision: 5, phase: 'live' });
  tell(call);
  tell({ ...call, revision: 4, phase: 'ringing' });
  assert.is(store.byId(call.id)?.phase, 'live');
  assert.equal(heard, ['live']);
});

calls('what a snapshot lacks has ended while the line was down', async () => {
  const here = aCall();
  const ended = aCall({ revision: 1 });
  const { store, tell } = aStore([{ ...ended, revision: 7, phase: 'ended', disposition: 'missed' }]);
  const forgotten = aCall();
  for (const call of [here, ended, forgotten]) tell(call);
  store.applySnapshot([{ ...here, revision: 2 }]);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(
    store.running().map(({ id }) => id),
    [here.id],
  );
  assert.is(store.byId(ended.id)?.disposition, 'missed');
});

calls('those who wait longest come first', () => {
  const { store, tell } = aStore();
  const late = aCall({ startedAt: '2026-11-23T10:00:09Z' });
  const early = aCall({ startedAt: '2026-11-23T10:00:01Z' });
  tell(late);
  tell(early);
  assert.equal(
    store.running().map(({ id }) => id),
    [early.id, late.id],
  );
});

calls.run();
