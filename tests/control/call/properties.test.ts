import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nextDeadline } from '../../../control/call/deadlines.ts';
import type { CallEvent } from '../../../control/call/events.ts';
import { step, type Step } from '../../../control/call/machine.ts';
import type { CallState } from '../../../control/call/states.ts';
import { an, bob, events, kinds, otherNode, t0 } from './samples.ts';

const properties = suite('the call machine, whatever order events come in');

const over = { code: 'carrier/call-over', message: 'The caller has hung up.' } as const;
const anyEvent: fc.Arbitrary<CallEvent> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...kinds.map((kind) => events[kind])),
      fc.constantFrom<CallEvent>(
        an('pickedUp', { by: bob, fence: 2 }),
        an('pickedUp', { by: bob, fence: 3 }),
        an('hungUp', { by: bob }),
        an('rejoined', { by: bob }),
        an('terminated', { startedAt: t0, durationSeconds: 9 }),
        an('terminated', { direction: 'outbound' }),
        an('acceptRefused', { refusal: over }),
        an('acceptRefused', { refusal: over, repeated: true, fence: 2 }),
        an('placeRefused', { unclear: true }),
        an('legRefused', { elsewhere: otherNode }),
        an('legLost', { cause: 'worker-died' }),
        an('muted', { muted: false }),
        an('deskLost', { deskId: bob.deskId }),
      ),
    ),
    fc.integer({ min: 0, max: 120_000 }),
  )
  .map(([event, later]) => Object.assign({}, event, { at: t0 + later }));

// Most random lists never come far; a start that gets somewhere makes the rest worth trying.
const { offered, legReady, preAccepted, pickedUp, accepted, dialed, placed, answered, remoteAccepted } = events;
const beginning = fc.constantFrom<readonly CallEvent[]>(
  [],
  [offered],
  [offered, legReady],
  [offered, pickedUp],
  [offered, legReady, preAccepted, pickedUp],
  [offered, legReady, preAccepted, pickedUp, accepted],
  [dialed],
  [dialed, legReady],
  [dialed, legReady, placed, answered],
  [dialed, legReady, remoteAccepted],
);
const life = fc.tuple(beginning, fc.array(anyEvent, { maxLength: 40 })).map(([start, rest]) => start.concat(rest));

type Walked = Step & { readonly before: CallState; readonly event: CallEvent };
function walk(list: readonly CallEvent[]): Walked[] {
  let state: CallState = { phase: 'new' };
  return list.map((event) => {
    const before = state;
    const next = step(state, event);
    ({ state } = next);
    return { ...next, before, event };
  });
}
const always = (check: (steps: Walked[]) => void): void =>
  fc.assert(
    fc.property(life, (list) => check(walk(list))),
    { numRuns: 3000 },
  );

properties('it ends at most once and never comes back', () => {
  always((steps) => {
    const endings = steps.filter(({ before, state }) => before.phase !== 'ended' && state.phase === 'ended');
    assert.ok(endings.length <= 1);
    for (const { before, state } of steps) assert.ok(before.phase !== 'ended' || state.phase === 'ended');
  });
});

properties('a late event changes nothing and commands nothing', () => {
  always((steps) => {
    for (const { ignored, before, state, commands } of steps) {
      assert.ok(!ignored || (before === state && commands.length === 0));
    }
  });
});

properties('whoever handles it changes only by a newer claim, or to the same person again', () => {
  always((steps) => {
    for (const { before, state } of steps) {
      if (!('handler' in before) || !('handler' in state)) continue;
      if (before.handler.userId !== state.handler.userId) assert.ok(state.fence > before.fence);
      assert.ok(state.fence >= before.fence);
    }
  });
});

properties('accept goes out at most once a claim', () => {
  always((steps) => {
    const fences = steps.flatMap(({ commands }) =>
      commands.flatMap((c) => (c.do === 'carrier:accept' ? [c.fence] : [])),
    );
    assert.is(new Set(fences).size, fences.length);
  });
});

properties('connect goes out at most once', () => {
  always((steps) => {
    assert.ok(steps.flatMap(({ commands }) => commands).filter((c) => c.do === 'carrier:connect').length <= 1);
  });
});

properties('no sound leaves before Meta took the answer, or gave its own', () => {
  always((steps) => {
    let mayTalk = false;
    for (const { event, commands } of steps) {
      mayTalk ||= event.type === 'accepted' || event.type === 'answered' || event.type === 'acceptRefused';
      assert.ok(mayTalk || commands.every((c) => c.do !== 'leg:open-gate'));
    }
  });
});

properties('a call that is not over always has a deadline, or somebody who is here', () => {
  always((steps) => {
    for (const { state } of steps) {
      if (state.phase === 'new' || state.phase === 'ended') continue;
      assert.ok(nextDeadline(state) !== null || (state.phase === 'live' && state.handler.presence === 'here'));
    }
  });
});

properties('a deadline that is due is never ignored, so no call waits for ever', () => {
  always((steps) => {
    for (const { state } of steps) {
      const deadline = nextDeadline(state);
      if (deadline === null) continue;
      assert.is(step(state, { type: deadline.type, at: deadline.due }).ignored, false);
      assert.is(step(state, { type: deadline.type, at: deadline.due - 1 }).ignored, true);
    }
  });
});

properties('once it is over, Meta is told unless Meta ended it, and the leg is closed', () => {
  always((steps) => {
    for (const { before, state, commands } of steps) {
      if (before.phase === 'new' || before.phase === 'ended' || state.phase !== 'ended') continue;
      assert.ok(commands.some((c) => c.do === 'leg:close'));
    }
  });
});

properties.run();
