import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CallCommand, CommandName } from '../../../control/call/commands.ts';
import type { CallEvent, Kind } from '../../../control/call/events.ts';
import { step, table } from '../../../control/call/machine.ts';
import type { CallState } from '../../../control/call/states.ts';
import { describe } from '../../../control/call/words.ts';
import { after, an, anna, bob, events, node, otherNode, states, t0, type StateName } from './samples.ts';

const call = suite('the call machine');

const short = (state: CallState): string => {
  if (state.phase === 'new') return 'new';
  if (state.phase === 'ended') return `ended ${state.disposition}`;
  const desk = 'handler' in state && state.handler.presence !== 'here' ? ` ${state.handler.presence}` : '';
  return `${state.phase} ${state.path.step}${desk}`;
};
const over = { code: 'carrier/call-over', message: 'The caller has hung up.' } as const;
const gone = { code: 'carrier/unavailable', message: 'WhatsApp cannot be reached.' } as const;
const noNode = { code: 'media/unavailable', message: 'The media server does not answer.' } as const;
const ourBug = { code: 'server/internal', message: 'Something went wrong on our side.' } as const;
const noLeg = { code: 'media/not-found', message: 'This call has no audio on this media server.' } as const;
const talked = { startedAt: t0, endedAt: t0 + 42_000, durationSeconds: 42 };
const failed = { failed: true, error: { code: 138_021, text: 'no media' } };
const silent = { elsewhere: otherNode, refusal: noNode };
const by = bob;

/** The state before, what happens, the state after, and the commands that go out. */
const rows: readonly (readonly [StateName, CallEvent, string, ...CommandName[]])[] = [
  ['new', events.offered, 'ringing opening', 'leg:answer'],
  ['new', an('offered', { nodeId: null }), 'ended failed', 'carrier:reject'],
  ['new', an('offered', { sentAt: t0 - 60_001 }), 'ended missed'],
  ['new', events.dialed, 'dialing opening', 'leg:offer'],
  ['new', events.terminated, 'ended abandoned'],
  ['new', an('terminated', { direction: 'outbound' }), 'ended unanswered'],
  ['new', an('terminated', talked), 'ended completed'],
  ['new', an('terminated', failed), 'ended failed'],

  ['ringing, opening', events.legReady, 'ringing warming', 'carrier:pre-accept'],
  ['ringing, opening', an('legReady', { nodeId: otherNode }), 'ringing opening', 'leg:close'],
  ['ringing, opening', events.legRefused, 'ended failed', 'carrier:reject', 'leg:close'],
  ['ringing, opening', an('legRefused', { elsewhere: otherNode }), 'ringing opening', 'leg:answer'],
  ['ringing, opening', an('legRefused', silent), 'ringing opening', 'leg:answer', 'leg:close'],
  ['ringing, opening', an('legRefused', { nodeId: otherNode }), 'late'],
  ['ringing, opening', events.pickedUp, 'claimed opening'],
  ['ringing, opening', events.accepted, 'late'],
  ['ringing, warming', events.preAccepted, 'ringing warm'],
  ['ringing, warming', events.preAcceptFailed, 'ringing warm'],
  ['ringing, warming', events.pickedUp, 'claimed warming'],
  ['ringing, warming', events.legReady, 'late'],
  ['ringing, warm', events.preAccepted, 'late'],
  ['ringing, warm', events.pickedUp, 'claimed accepting', 'carrier:accept'],
  ['ringing, warm', an('pickedUp', { fence: 0 }), 'late'],
  ['ringing, warm', events.accepted, 'ringing warm'],
  ['ringing, warm', events.declined, 'ended rejected', 'carrier:reject', 'leg:close'],
  ['ringing, warm', events.terminated, 'ended abandoned', 'leg:close'],
  ['ringing, warm', an('terminated', failed), 'ended failed', 'leg:close'],
  ['ringing, warm', events.ringExpired, 'ended missed', 'carrier:reject', 'leg:close'],
  ['ringing, warm', an('ringExpired', { at: t0 + 14_999 }), 'late'],
  ['ringing, warm', events.answerExpired, 'ended missed', 'carrier:reject', 'leg:close'],
  ['ringing, warm', events.legLost, 'ringing lost'],
  ['ringing, warm', an('legLost', { cause: 'ice-failed' }), 'ended failed', 'carrier:reject', 'leg:close'],
  ['ringing, warm', events.nodeLost, 'ended failed', 'carrier:reject', 'leg:close'],
  ['ringing, warm', events.legConnected, 'ringing warm'],
  ['ringing, warm', events.reported, 'ringing warm'],
  ['ringing, leg lost', events.pickedUp, 'late'],
  ['ringing, leg lost', events.legLost, 'late'],
  ['ringing, leg lost', events.terminated, 'ended abandoned', 'leg:close'],
  ['ringing, leg lost', events.legExpired, 'ended failed', 'carrier:reject', 'leg:close'],

  ['claimed, opening', events.legReady, 'claimed warming', 'carrier:pre-accept'],
  ['claimed, opening', events.legRefused, 'ended failed', 'carrier:reject', 'leg:close'],
  ['claimed, opening', an('legRefused', { elsewhere: otherNode }), 'claimed opening', 'leg:answer'],
  ['claimed, opening', events.claimExpired, 'ringing opening'],
  ['claimed, opening', events.accepted, 'late'],
  ['claimed, opening', events.deskLost, 'ringing opening'],
  ['claimed, warming', events.preAccepted, 'claimed accepting', 'carrier:accept'],
  ['claimed, warming', events.preAcceptFailed, 'claimed accepting', 'carrier:accept'],
  ['claimed, warming', an('deskLost', { deskId: bob.deskId }), 'late'],
  ['claimed, warming', events.hungUp, 'ended rejected', 'carrier:reject', 'leg:close'],
  ['claimed, accepting', events.pickedUp, 'late'],
  ['claimed, accepting', events.declined, 'late'],
  ['claimed, accepting', events.accepted, 'live open', 'leg:feed', 'leg:open-gate', 'leg:watch'],
  ['claimed, accepting', events.acceptRefused, 'ringing warm'],
  ['claimed, accepting', an('acceptRefused', { fence: 0 }), 'late'],
  ['claimed, accepting', an('acceptRefused', { refusal: over }), 'ended abandoned', 'leg:close'],
  [
    'claimed, accepting',
    an('acceptRefused', { refusal: over, repeated: true }),
    'live open',
    'leg:feed',
    'leg:open-gate',
    'leg:watch',
  ],
  ['claimed, accepting', events.claimExpired, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['claimed, accepting', events.deskLost, 'claimed accepting away'],
  ['claimed, accepting', events.deskHeard, 'claimed accepting'],
  ['claimed, accepting', events.rejoined, 'claimed accepting'],
  ['claimed, accepting', events.muted, 'claimed accepting'],
  ['claimed, accepting', events.hungUp, 'ended rejected', 'carrier:terminate', 'leg:close'],
  ['claimed, accepting', an('hungUp', { by }), 'late'],
  ['claimed, accepting', events.terminated, 'ended abandoned', 'leg:close'],
  ['claimed, accepting', an('terminated', talked), 'ended completed', 'leg:close'],
  ['claimed, accepting', events.legLost, 'claimed lost'],
  ['claimed, accepting', events.nodeLost, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['claimed, accepting', events.legConnected, 'claimed accepting'],
  ['claimed, accepting', events.rtpStarted, 'claimed accepting'],
  ['claimed, accepting', events.rtpMissing, 'claimed accepting'],
  ['claimed, accepting', events.reported, 'claimed accepting'],
  ['claimed, leg lost', events.accepted, 'live lost'],
  ['claimed, leg lost', events.acceptRefused, 'ringing lost'],
  ['claimed, leg lost', events.legExpired, 'ended failed', 'carrier:terminate', 'leg:close'],

  ['live, here', events.deskLost, 'live open away'],
  ['live, here', an('deskLost', { deskId: bob.deskId }), 'late'],
  ['live, here', events.deskHeard, 'live open'],
  ['live, here', an('deskHeard', { deskId: bob.deskId }), 'late'],
  ['live, here', events.rejoined, 'live open', 'leg:feed'],
  ['live, here', an('rejoined', { by }), 'late'],
  ['live, here', events.muted, 'live open', 'leg:feed'],
  ['live, here', an('muted', { by }), 'late'],
  ['live, here', an('pickedUp', { by, fence: 2 }), 'late'],
  ['live, here', events.hungUp, 'ended completed', 'carrier:terminate', 'leg:close'],
  ['live, here', an('hungUp', { by }), 'late'],
  ['live, here', an('terminated', talked), 'ended completed', 'leg:close'],
  ['live, here', events.terminated, 'ended completed', 'leg:close'],
  ['live, here', an('terminated', { ...talked, ...failed }), 'ended failed', 'leg:close'],
  ['live, here', an('soundFailed', { refusal: noLeg }), 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, here', an('soundFailed', { command: 'leg:open-gate' }), 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, here', events.soundFailed, 'live open', 'leg:feed'],
  ['live, here', an('soundFailed', { refusal: ourBug }), 'live open'],
  ['live, desk away', events.soundFailed, 'live open away'],
  ['live, here', events.legLost, 'live lost'],
  ['live, here', an('legLost', { cause: 'worker-died' }), 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, here', events.nodeLost, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, here', events.legConnected, 'live open'],
  ['live, here', events.rtpStarted, 'live open'],
  ['live, here', events.rtpMissing, 'live open'],
  ['live, here', events.reported, 'live open'],
  ['live, here', events.answered, 'late'],
  ['live, desk away', events.deskHeard, 'live open', 'leg:feed'],
  ['live, desk away', events.rejoined, 'live open', 'leg:feed'],
  ['live, desk away', events.muted, 'live open away'],
  ['live, desk away', events.deskLost, 'late'],
  ['live, desk away', events.graceExpired, 'live open gone'],
  ['live, desk away', an('graceExpired', { at: t0 + 9_999 }), 'late'],
  ['live, desk away', an('pickedUp', { by, fence: 2 }), 'late'],
  ['live, desk gone', an('pickedUp', { by, fence: 2 }), 'live open', 'leg:feed'],
  ['live, desk gone', an('pickedUp', { by, fence: 1 }), 'late'],
  ['live, desk gone', events.rejoined, 'live open', 'leg:feed'],
  ['live, desk gone', an('offerExpired', { at: t0 + 200_000 }), 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, leg lost', an('terminated', talked), 'ended completed', 'leg:close'],
  ['live, leg lost', events.legExpired, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['live, placed', events.answered, 'live open', 'leg:apply-answer', 'leg:open-gate', 'leg:feed', 'leg:watch'],

  ['dialing, opening', events.legReady, 'dialing placing', 'carrier:connect'],
  ['dialing, opening', an('legReady', { nodeId: otherNode }), 'dialing opening', 'leg:close'],
  ['dialing, opening', events.legRefused, 'ended failed', 'leg:close'],
  ['dialing, opening', an('legRefused', { elsewhere: otherNode }), 'dialing opening', 'leg:offer'],
  ['dialing, opening', an('legRefused', silent), 'dialing opening', 'leg:offer', 'leg:close'],
  ['dialing, opening', events.dialExpired, 'ended failed', 'leg:close'],
  ['dialing, opening', events.hungUp, 'ended cancelled', 'leg:close'],
  ['dialing, opening', events.remoteAccepted, 'late'],
  ['dialing, placing', events.placed, 'dialing placed'],
  ['dialing, placing', events.placeRefused, 'ended failed', 'leg:close'],
  ['dialing, placing', an('placeRefused', { unclear: true, refusal: gone }), 'dialing placing'],
  ['dialing, placing', events.answered, 'dialing open', 'leg:apply-answer', 'leg:open-gate', 'leg:feed'],
  ['dialing, placing', events.remoteRang, 'dialing placed'],
  ['dialing, placing', events.dialExpired, 'ended failed', 'leg:close'],
  ['dialing, placing', events.legReady, 'late'],
  ['dialing, placed', events.placed, 'late'],
  ['dialing, placed', events.placeRefused, 'late'],
  ['dialing, placed', events.answered, 'dialing open', 'leg:apply-answer', 'leg:open-gate', 'leg:feed'],
  ['dialing, placed', events.remoteAccepted, 'live placed'],
  ['dialing, open', events.answered, 'late'],
  ['dialing, open', events.remoteRang, 'dialing open'],
  ['dialing, open', events.remoteAccepted, 'live open', 'leg:watch'],
  ['dialing, open', events.remoteRejected, 'ended declined', 'leg:close'],
  ['dialing, open', events.terminated, 'ended unanswered', 'leg:close'],
  ['dialing, open', an('terminated', talked), 'ended completed', 'leg:close'],
  ['dialing, open', an('terminated', failed), 'ended failed', 'leg:close'],
  ['dialing, open', events.dialExpired, 'ended unanswered', 'carrier:terminate', 'leg:close'],
  ['dialing, open', events.hungUp, 'ended cancelled', 'carrier:terminate', 'leg:close'],
  ['dialing, open', an('hungUp', { by }), 'late'],
  ['dialing, open', events.muted, 'dialing open', 'leg:feed'],
  ['dialing, open', events.deskLost, 'dialing open away'],
  ['dialing, open', events.deskHeard, 'dialing open'],
  ['dialing, desk away', events.rejoined, 'dialing open', 'leg:feed'],
  ['dialing, desk away', events.graceExpired, 'ended cancelled', 'carrier:terminate', 'leg:close'],
  ['dialing, open', an('soundFailed', { refusal: noLeg }), 'ended failed', 'carrier:terminate', 'leg:close'],
  ['dialing, open', events.soundFailed, 'dialing open', 'leg:feed'],
  ['dialing, open', events.legLost, 'dialing lost'],
  ['dialing, leg lost', events.legExpired, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['dialing, open', events.nodeLost, 'ended failed', 'carrier:terminate', 'leg:close'],
  ['dialing, open', events.legConnected, 'dialing open'],
  ['dialing, open', events.rtpStarted, 'dialing open'],
  ['dialing, open', events.rtpMissing, 'dialing open'],
  ['dialing, open', events.reported, 'dialing open'],

  ['ended, by us', events.terminated, 'ended rejected'],
  ['ended, by us', an('terminated', talked), 'ended completed'],
  ['ended, by us', events.offered, 'late'],
  ['ended, by us', events.legReady, 'ended rejected', 'leg:close'],
  ['ended, by us', events.placed, 'late'],
  ['ended, by us', events.accepted, 'ended rejected', 'carrier:terminate'],
  ['ended, before it was placed', events.accepted, 'late'],
  ['ended, by us', events.farewellFailed, 'ended rejected'],
  ['ended, before it was placed', events.placed, 'ended cancelled', 'carrier:terminate'],
  ['ended, before it was placed', events.answered, 'ended cancelled', 'carrier:terminate'],
  ['ended, before it was placed', events.remoteRang, 'ended cancelled', 'carrier:terminate'],
  ['ended, before it was placed', events.remoteAccepted, 'ended cancelled', 'carrier:terminate'],
  ['ended, before it was placed', events.terminated, 'ended cancelled'],
];

const covered = new Set<string>();
for (const [before, event, expected, ...commands] of rows) {
  const change = Object.entries(event).filter(([key, value]) => (events[event.type] as object)[key as never] !== value);
  const how = change.length > 0 ? ` with ${JSON.stringify(Object.fromEntries(change))}` : '';
  call(`${before}: ${event.type}${how} leads to ${expected}`, () => {
    const next = step(states[before], event);
    assert.is(next.ignored ? 'late' : short(next.state), expected);
    assert.equal(
      next.commands.map((command) => command.do),
      commands,
    );
    assert.ok(describe(event).length > 0);
  });
  if (expected !== 'late') covered.add(`${states[before].phase} ${event.type}`);
}

call('every cell of the table stands in a row above', () => {
  const cells = Object.entries(table).flatMap(([phase, rules]) => Object.keys(rules).map((kind) => `${phase} ${kind}`));
  assert.equal(
    cells.filter((cell) => !covered.has(cell)),
    [],
  );
});

const commandOf = <N extends CommandName>(name: N, ...list: CallEvent[]): Extract<CallCommand, { do: N }> => {
  const last = list.at(-1);
  assert.ok(last);
  const found = step(after(...list.slice(0, -1)), last).commands.find((command) => command.do === name);
  assert.ok(found);
  return found as Extract<CallCommand, { do: N }>;
};

call('accept carries the very description that pre_accept carried', () => {
  const { offered, legReady, preAccepted, pickedUp } = events;
  const first = commandOf('carrier:pre-accept', offered, legReady);
  const second = commandOf('carrier:accept', offered, legReady, preAccepted, pickedUp);
  assert.is(second.sdp, first.sdp);
});

call('a node that did not answer in time may have made the leg: it is closed there, behind the new one', () => {
  assert.equal(step(states['ringing, opening'], an('legRefused', silent)).commands, [
    { do: 'leg:answer', nodeId: otherNode, offer: 'offer' },
    { do: 'leg:close', nodeId: node },
  ]);
});

call('a muted operator is heard as comfort noise, and as himself again afterwards', () => {
  const live = states['live, here'];
  const muted = step(live, events.muted);
  assert.equal(muted.commands, [{ do: 'leg:feed', nodeId: node, source: { kind: 'comfort' } }]);
  assert.equal(step(muted.state, an('muted', { muted: false })).commands, [
    { do: 'leg:feed', nodeId: node, source: { kind: 'desk', deskId: anna.deskId } },
  ]);
});

call('after a refused answer the others have time for a click, even if the ring was nearly over', () => {
  const late = t0 + 14_000;
  const released = step(states['claimed, accepting'], an('acceptRefused', { at: late }));
  assert.is(step(released.state, an('ringExpired', { at: late + 4_999 })).ignored, true);
  assert.is(step(released.state, an('ringExpired', { at: late + 5_000 })).ignored, false);
});

call('an answer that Meta took without our hearing it is found out by the next one', () => {
  const doubtful = step(states['claimed, accepting'], an('acceptRefused', { refusal: gone })).state;
  const again = step(doubtful, an('pickedUp', { by, fence: 2 })).state;
  assert.is(short(step(again, an('acceptRefused', { fence: 2, refusal: over })).state), 'live open');
});

call('a call that Meta may have taken is ended by terminate, since reject is for calls that ring', () => {
  const doubtful = step(states['claimed, accepting'], an('acceptRefused', { refusal: gone })).state;
  const names = (event: CallEvent): CommandName[] => step(doubtful, event).commands.map((command) => command.do);
  assert.equal(names(events.ringExpired), ['carrier:terminate', 'leg:close']);
  assert.equal(names(events.declined), ['carrier:terminate', 'leg:close']);
});

call('a call that Graph did not confirm gets its whole time to ring once a webhook does', () => {
  const unclear = step(states['dialing, placing'], an('placeRefused', { unclear: true, refusal: gone })).state;
  assert.is(step(unclear, an('dialExpired', { at: t0 + 4_999 })).ignored, true);
  assert.is(short(step(unclear, an('dialExpired', { at: t0 + 5_000 })).state), 'ended failed');
  const confirmed = step(unclear, events.remoteRang).state;
  assert.is(step(confirmed, an('dialExpired', { at: t0 + 5_000 })).ignored, true);
});

call("Meta's own figures are written into a call that we ended", () => {
  const { offered, legReady, preAccepted, pickedUp, accepted } = events;
  const ended = after(offered, legReady, preAccepted, pickedUp, accepted, an('hungUp', { at: t0 + 40_000 }));
  assert.ok(ended.phase === 'ended');
  assert.is(ended.durationSeconds, 40);
  const counted = step(ended, an('terminated', talked)).state;
  assert.ok(counted.phase === 'ended');
  assert.equal(
    [counted.disposition, counted.durationSeconds, counted.endedAt, counted.official],
    ['completed', 42, t0 + 42_000, true],
  );
});

call('a leg that broke because the customer hung up is set right by a terminate that comes late', () => {
  const { legLost, legExpired } = events;
  const { offered, legReady, preAccepted, pickedUp, accepted } = events;
  const live = [offered, legReady, preAccepted, pickedUp, accepted];
  const broken = after(...live, { ...legLost, at: t0 + 42_500, cause: 'ice-lost' }, { ...legExpired, at: t0 + 45_500 });
  assert.is(short(broken), 'ended failed');
  assert.is(short(step(broken, an('terminated', talked)).state), 'ended completed');
  // Had we ended it, Meta would have seen the end when we did.
  const ours = an('terminated', { ...talked, endedAt: t0 + 45_000 });
  assert.is(short(step(broken, ours).state), 'ended failed');
});

call('nothing secret is left in a call that is over', () => {
  for (const kind of Object.keys(events) as Kind[]) {
    for (const state of Object.values(states)) {
      const next = step(state, events[kind]);
      if (next.state.phase !== 'ended') continue;
      assert.not.match(JSON.stringify(next.state), /sdp|"offer"|ours/);
    }
  }
});

call.run();
