import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as rules from '../../../control/permission/rules.ts';
import { day, limits, nothingKnown, type Answer, type Permission } from '../../../control/permission/rules.ts';

const permission = suite('permission rules');
const start = Date.parse('2026-11-23T09:00:00Z');
const hour = 3_600_000;

const grant: Answer = { at: start, granted: true, permanent: false, expiresAt: start + 7 * day, automatic: false };
const temporary: Permission = { ...nothingKnown, consent: { status: 'temporary', until: start + 7 * day } };
const permanent: Permission = { ...nothingKnown, consent: { status: 'permanent' } };
const meta = { status: 'none', expiresAt: null, canRequest: true, canCall: false, blockedUntil: null } as const;

permission('nobody may be called who has not said so', () => {
  assert.is(rules.mayCall(nothingKnown, start), false);
  assert.is(rules.statusAt(nothingKnown, start), 'none');
});

permission('a temporary permission counts until its last millisecond, and then it is none', () => {
  assert.is(rules.mayCall(temporary, start + 7 * day - 1), true);
  assert.is(rules.mayCall(temporary, start + 7 * day), false);
  assert.is(rules.statusAt(temporary, start + 7 * day), 'none');
});

permission('a permanent permission does not expire', () => {
  assert.is(rules.mayCall(permanent, start + 10_000 * day), true);
});

permission('one request in 24 hours', () => {
  const asked = rules.requested(nothingKnown, start);
  assert.is(rules.statusAt(asked, start), 'requested');
  assert.equal(rules.mayRequest(asked, start + day - 1), { may: false, because: 'limit', again: start + day });
  assert.equal(rules.mayRequest(asked, start + day), { may: true });
});

permission('two requests in 7 days', () => {
  const twice = rules.requested(rules.requested(nothingKnown, start), start + 2 * day);
  assert.equal(rules.mayRequest(twice, start + 4 * day), { may: false, because: 'limit', again: start + 7 * day });
  assert.equal(rules.mayRequest(twice, start + 7 * day), { may: true });
});

permission('a connected call sets the limits back, whoever called', () => {
  const blocked = { ...rules.requested(nothingKnown, start), blockedUntil: start + 3 * day, unanswered: 3 };
  const after = rules.connected(blocked);
  assert.equal(rules.mayRequest(after, start + 1), { may: true });
  assert.is(after.unanswered, 0);
});

permission('who has allowed calls for good is not asked again', () => {
  assert.equal(rules.mayRequest(permanent, start), { may: false, because: 'permanent' });
});

permission('who may be called for some days can be asked for more, and stays callable meanwhile', () => {
  assert.equal(rules.mayRequest(temporary, start), { may: true });
  assert.is(rules.statusAt(rules.requested(temporary, start), start), 'temporary');
});

permission('a request that nobody answers is void after 7 days', () => {
  const asked = rules.requested(nothingKnown, start);
  assert.is(rules.statusAt(asked, start + 7 * day - 1), 'requested');
  assert.is(rules.statusAt(asked, start + 7 * day), 'none');
});

permission('a request that Meta did not take leaves no trace', () => {
  const first = rules.requested(nothingKnown, start);
  const second = rules.requested(first, start + 2 * day);
  const back = rules.requestWithdrawn(second, { at: start + 2 * day, pendingBefore: first.pendingSince });
  assert.equal(back, first);
});

// The six answers of Meta's Calling API, "User call permissions".
const asked = rules.requested(nothingKnown, start - hour);
for (const [what, before, answer, status, change] of [
  ['the customer allows calls for a while', asked, grant, 'temporary', 'granted'],
  [
    'the customer allows calls for good',
    asked,
    { ...grant, permanent: true, expiresAt: null },
    'permanent',
    'granted-permanently',
  ],
  [
    'the customer allows calls in the business profile',
    nothingKnown,
    { ...grant, permanent: true, expiresAt: null },
    'permanent',
    'granted-permanently',
  ],
  ['the customer says no', asked, { ...grant, granted: false, expiresAt: null }, 'declined', 'declined'],
  ['Meta gives a callback permission', nothingKnown, { ...grant, automatic: true }, 'temporary', 'granted'],
  [
    'Meta takes the permission after four unanswered calls',
    permanent,
    { ...grant, granted: false, expiresAt: null, automatic: true },
    'none',
    'revoked',
  ],
] as const) {
  permission(`${what}: ${status}`, () => {
    const after = rules.answered(before, answer);
    assert.is(after && rules.statusAt(after.permission, start), status);
    assert.is(after?.change, change);
  });
}

permission('a customer who takes a permission back has revoked it', () => {
  const after = rules.answered(permanent, { ...grant, granted: false, expiresAt: null });
  assert.is(after?.change, 'revoked');
  assert.is(after && rules.mayCall(after.permission, start), false);
});

permission('a permission without an end lasts 7 days', () => {
  const after = rules.answered(asked, { ...grant, expiresAt: null });
  assert.equal(after?.permission.consent, { status: 'temporary', until: start + limits.temporaryMs });
});

permission('a callback permission never makes a better one worse', () => {
  const automatic = { ...grant, automatic: true, expiresAt: start + day };
  for (const better of [permanent, temporary]) {
    assert.equal(rules.answered(better, automatic)?.permission.consent, better.consent);
    assert.is(rules.answered(better, automatic)?.change, null);
  }
});

permission('a callback permission answers no request', () => {
  const after = rules.answered(asked, { ...grant, automatic: true });
  assert.is(after?.permission.pendingSince, asked.pendingSince);
});

permission('an old answer that comes late changes nothing', () => {
  const no = rules.answered(asked, { ...grant, at: start + hour, granted: false, expiresAt: null });
  assert.ok(no);
  assert.is(rules.answered(no.permission, grant), null);
});

permission('the fourth call in a row that nobody answers ends the permission', () => {
  let now = temporary;
  for (const expected of [false, false, false, true]) {
    const after = rules.notAnswered(now, start);
    assert.is(after.revoked, expected);
    now = after.permission;
  }
  assert.is(rules.mayCall(now, start), false);
});

permission("Meta's answer wins, in both directions", () => {
  assert.is(rules.mayCall(rules.corrected(permanent, meta, start), start), false);
  const until = start + 3 * day;
  const allowed = rules.corrected(
    nothingKnown,
    { ...meta, status: 'temporary', expiresAt: until, canCall: true },
    start,
  );
  assert.equal(allowed.consent, { status: 'temporary', until });
  assert.is(rules.statusAt(rules.corrected(asked, { ...meta, status: 'permanent' }, start), start), 'permanent');
});

permission('a customer who said no is still remembered as such when Meta says "no permission"', () => {
  const no = { ...nothingKnown, consent: { status: 'declined' } } as const;
  assert.is(rules.statusAt(rules.corrected(no, meta, start), start), 'declined');
});

permission('Meta says whether a request is possible, and until when not', () => {
  const twice = rules.requested(rules.requested(nothingKnown, start - 2 * day), start - hour);
  assert.equal(rules.mayRequest(rules.corrected(twice, meta, start), start), { may: true });
  const until = start + 5 * day;
  const blocked = rules.corrected(nothingKnown, { ...meta, canRequest: false, blockedUntil: until }, start);
  assert.equal(rules.mayRequest(blocked, start), { may: false, because: 'limit', again: until });
});

permission('a call that Meta refuses for want of a permission ends what we believed', () => {
  assert.is(rules.mayCall(rules.refused(permanent, start), start), false);
  assert.is(rules.refused(nothingKnown, start), nothingKnown);
});

permission('whatever happens, never more than 1 request in 24 hours nor 2 in 7 days without a call', () => {
  const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 4 * day }), call: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (list) => {
      let known = nothingKnown;
      let now = start;
      let sent: number[] = [];
      for (const { wait, call } of list) {
        now += wait;
        if (call && list.length % 3 === 0) {
          known = rules.connected(known);
          sent = [];
        } else if (rules.mayRequest(known, now).may) {
          known = rules.requested(known, now);
          sent.push(now);
        }
        assert.ok(sent.filter((time) => time > now - day).length <= 1);
        assert.ok(sent.filter((time) => time > now - 7 * day).length <= 2);
      }
    }),
  );
});

permission.run();
