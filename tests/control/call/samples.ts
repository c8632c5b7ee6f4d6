import type { CallEvent, EventOf, Kind } from '../../../control/call/events.ts';
import { step } from '../../../control/call/machine.ts';
import type { CallState, Person } from '../../../control/call/states.ts';
import type { DeskId, NodeId, UserId } from '../../../control/contract/ids.ts';

export const t0 = 1_767_225_600_000;
const id = (letter: string): string => letter.repeat(26);
export const node = `node_${id('n')}` as NodeId;
export const otherNode = `node_${id('p')}` as NodeId;
const person = (name: string, letter: string): Person => ({
  userId: `user_${id(letter)}` as UserId,
  deskId: `desk_${id(letter)}` as DeskId,
  name,
});
export const anna = person('Anna', 'a');
export const bob = person('Bob', 'b');
const refusal = { code: 'carrier/unavailable', message: 'WhatsApp cannot be reached.' } as const;
const carrierCallId = 'wacid.1';

/** One event of every kind, at `t0`, as it most often looks. */
export const events: { readonly [K in Kind]: EventOf<K> } = {
  offered: { type: 'offered', at: t0, carrierCallId, sdp: 'offer', sentAt: t0 - 500, ringMs: 15_000, nodeId: node },
  answered: { type: 'answered', at: t0, carrierCallId, sdp: "meta's answer" },
  remoteRang: { type: 'remoteRang', at: t0, carrierCallId },
  remoteAccepted: { type: 'remoteAccepted', at: t0, carrierCallId },
  remoteRejected: { type: 'remoteRejected', at: t0, carrierCallId },
  terminated: {
    type: 'terminated',
    at: t0,
    carrierCallId,
    direction: 'inbound',
    failed: false,
    startedAt: null,
    endedAt: null,
    durationSeconds: null,
    error: null,
  },
  dialed: { type: 'dialed', at: t0, by: anna, nodeId: node, dialMs: 60_000 },
  pickedUp: { type: 'pickedUp', at: t0, by: anna, fence: 1 },
  declined: { type: 'declined', at: t0, by: anna },
  hungUp: { type: 'hungUp', at: t0, by: anna },
  muted: { type: 'muted', at: t0, by: anna, muted: true },
  rejoined: { type: 'rejoined', at: t0, by: anna },
  reported: { type: 'reported', at: t0, by: anna, what: 'microphone-blocked' },
  deskLost: { type: 'deskLost', at: t0, deskId: anna.deskId },
  deskHeard: { type: 'deskHeard', at: t0, deskId: anna.deskId },
  legConnected: { type: 'legConnected', at: t0, iceMs: 40, dtlsMs: 90 },
  legLost: { type: 'legLost', at: t0, cause: 'dtls-closed' },
  nodeLost: { type: 'nodeLost', at: t0 },
  rtpStarted: { type: 'rtpStarted', at: t0, direction: 'from-customer' },
  rtpMissing: { type: 'rtpMissing', at: t0, direction: 'from-customer', cause: 'no-packets' },
  legReady: { type: 'legReady', at: t0, nodeId: node, sdp: 'ours' },
  legRefused: { type: 'legRefused', at: t0, nodeId: node, refusal, elsewhere: null },
  preAccepted: { type: 'preAccepted', at: t0 },
  preAcceptFailed: { type: 'preAcceptFailed', at: t0, refusal },
  accepted: { type: 'accepted', at: t0 },
  acceptRefused: {
    type: 'acceptRefused',
    at: t0,
    fence: 1,
    refusal: { ...refusal, code: 'carrier/media-failed' },
    repeated: false,
  },
  placed: { type: 'placed', at: t0, carrierCallId },
  placeRefused: { type: 'placeRefused', at: t0, refusal, unclear: false },
  soundFailed: {
    type: 'soundFailed',
    at: t0,
    command: 'leg:feed',
    refusal: { code: 'media/unavailable', message: 'The media server does not answer.' },
  },
  farewellFailed: { type: 'farewellFailed', at: t0, command: 'carrier:terminate', refusal },
  // Deadlines of the samples below are all past by then.
  ringExpired: { type: 'ringExpired', at: t0 + 100_000 },
  answerExpired: { type: 'answerExpired', at: t0 + 100_000 },
  claimExpired: { type: 'claimExpired', at: t0 + 100_000 },
  dialExpired: { type: 'dialExpired', at: t0 + 100_000 },
  graceExpired: { type: 'graceExpired', at: t0 + 100_000 },
  offerExpired: { type: 'offerExpired', at: t0 + 100_000 },
  legExpired: { type: 'legExpired', at: t0 + 100_000 },
};
export const kinds = Object.keys(events) as Kind[];

/** The event of this kind, with something about it changed. */
export const an = <K extends Kind>(type: K, change: Partial<EventOf<K>> = {}): EventOf<K> => ({
  ...events[type],
  ...change,
});

/** Walks a call through events from its very beginning. */
export function after(...list: readonly CallEvent[]): CallState {
  let state: CallState = { phase: 'new' };
  for (const event of list) state = step(state, event).state;
  return state;
}

const { offered, legReady, preAccepted, pickedUp, accepted, dialed, placed, answered, remoteAccepted } = events;
const { deskLost, graceExpired, legLost } = events;

/** Every state that a call can stand in, by name: what the table is made and tested from. */
export const states = {
  new: after(),
  'dialing, opening': after(dialed),
  'dialing, placing': after(dialed, legReady),
  'dialing, placed': after(dialed, legReady, placed),
  'dialing, open': after(dialed, legReady, placed, answered),
  'dialing, desk away': after(dialed, legReady, placed, answered, deskLost),
  'dialing, leg lost': after(dialed, legReady, placed, answered, legLost),
  'ringing, opening': after(offered),
  'ringing, warming': after(offered, legReady),
  'ringing, warm': after(offered, legReady, preAccepted),
  'ringing, leg lost': after(offered, legReady, preAccepted, legLost),
  'claimed, opening': after(offered, pickedUp),
  'claimed, warming': after(offered, legReady, pickedUp),
  'claimed, accepting': after(offered, legReady, preAccepted, pickedUp),
  'claimed, leg lost': after(offered, legReady, preAccepted, pickedUp, legLost),
  'live, placed': after(dialed, legReady, placed, remoteAccepted),
  'live, here': after(offered, legReady, preAccepted, pickedUp, accepted),
  'live, desk away': after(offered, legReady, preAccepted, pickedUp, accepted, deskLost),
  'live, desk gone': after(offered, legReady, preAccepted, pickedUp, accepted, deskLost, graceExpired),
  'live, leg lost': after(offered, legReady, preAccepted, pickedUp, accepted, legLost),
  'ended, by us': after(offered, an('declined')),
  'ended, before it was placed': after(dialed, legReady, an('hungUp')),
} as const;
export type StateName = keyof typeof states;
