import type { NodeId } from '../contract/ids.ts';
import type { LegLostCause } from '../contract/media.ts';
import type { Disposition } from '../contract/views.ts';
import type { CallCommand } from './commands.ts';
import type { EventOf } from './events.ts';
import { patience } from './patience.ts';
import { personOf, type CallState, type Claimed, type Dialing, type Ended, type Live, type Ringing } from './states.ts';

/** Where a cell leads; null: the event is late or not for this state, and nothing happens. */
export type Move = { readonly to: CallState; readonly commands: readonly CallCommand[] } | null;
export type Active = Dialing | Ringing | Claimed | Live;

export const to = (state: CallState, ...commands: CallCommand[]): Move => ({ to: state, commands });
/** A fact for the history that changes nothing. */
export const note = (state: CallState): Move => to(state);

/** What tells Meta that we are done with the call, as far as it has come. */
function farewell(s: Active): CallCommand[] {
  if (s.carrierCallId === null) return [];
  const { carrierCallId } = s;
  // An earlier accept may have reached Meta, and reject is for calls that ring.
  const mayBeTaken = s.path.step === 'warm' && s.path.doubt;
  if (s.phase === 'ringing' && !mayBeTaken) return [{ do: 'carrier:reject', carrierCallId }];
  // An accept may be under way or done: only terminate ends such a call.
  if (s.phase === 'claimed' && s.path.step !== 'accepting' && s.path.step !== 'lost') {
    return [{ do: 'carrier:reject', carrierCallId }];
  }
  return [{ do: 'carrier:terminate', carrierCallId }];
}

type Ending = {
  readonly at: number;
  readonly disposition: Disposition;
  readonly reason: string;
  /** Is the call already over at Meta, so that there is nobody to tell? */
  readonly overAtMeta?: boolean;
  readonly official?: Pick<Ended, 'answeredAt' | 'endedAt' | 'durationSeconds'>;
};

/** The only way out. Whatever was secret in the state stays behind here. */
export function end(s: Active, how: Ending): Move {
  const answeredAt = s.phase === 'live' ? s.answeredAt : null;
  const ours = {
    answeredAt,
    endedAt: how.at,
    durationSeconds: answeredAt === null ? null : Math.max(0, Math.round((how.at - answeredAt) / 1000)),
  };
  const ended: Ended = {
    phase: 'ended',
    direction: s.direction,
    nodeId: s.nodeId,
    carrierCallId: s.carrierCallId,
    disposition: how.disposition,
    reason: how.reason,
    handledBy: s.phase === 'live' || s.phase === 'dialing' ? personOf(s.handler) : null,
    official: how.official !== undefined,
    ...ours,
    ...how.official,
  };
  const goodbye = how.overAtMeta ? [] : farewell(s);
  return to(ended, ...goodbye, { do: 'leg:close', nodeId: s.nodeId });
}

export const fail = (s: Active, at: number, reason: string): Move => end(s, { at, disposition: 'failed', reason });

/** Does Meta say that both were connected? Unanswered calls are "COMPLETED" too: only these fields tell. */
export const wasAnswered = (e: EventOf<'terminated'>): boolean => e.startedAt !== null || e.durationSeconds !== null;

/** Meta's own times, and ours where it gives none. */
export function officialTimes(e: EventOf<'terminated'>, ours: { answeredAt: number | null; endedAt: number }) {
  const answeredAt = e.startedAt ?? ours.answeredAt;
  const endedAt = e.endedAt ?? ours.endedAt;
  const seconds = answeredAt === null ? null : Math.max(0, Math.round((endedAt - answeredAt) / 1000));
  return { answeredAt, endedAt, durationSeconds: e.durationSeconds ?? seconds };
}

/** Meta ended the call; `unanswered` says how it is remembered when it was never picked up. */
export function endedByMeta(
  s: Active,
  e: EventOf<'terminated'>,
  unanswered: { disposition: Disposition; reason: string },
): Move {
  const answered = wasAnswered(e) || s.phase === 'live';
  const official = officialTimes(e, { answeredAt: s.phase === 'live' ? s.answeredAt : null, endedAt: e.at });
  const known = { at: e.at, overAtMeta: true, official };
  if (e.failed) return end(s, { ...known, disposition: 'failed', reason: metaReason(e) });
  if (!answered) return end(s, { ...known, ...unanswered });
  return end(s, { ...known, disposition: 'completed', reason: 'The customer hung up.' });
}

/** Meta's words for a failure, e.g. of 138021 "client got no media". */
export const metaReason = (e: EventOf<'terminated'>): string =>
  e.error ? `WhatsApp ended the call: ${e.error.text} (${e.error.code})` : 'WhatsApp ended the call with a failure.';

const lostBecause: { readonly [C in LegLostCause]: string } = {
  'ice-failed': 'No network path to WhatsApp could be found.',
  'ice-lost': 'The network path to WhatsApp broke.',
  'dtls-failed': 'The encrypted connection to WhatsApp could not be made.',
  'dtls-closed': 'WhatsApp closed the connection.',
  'worker-died': 'The media server broke down.',
};
export const reasonOf = (cause: LegLostCause): string => lostBecause[cause];

/**
 * A leg that never came up, or that we broke ourselves, ends the call at once. One that went down from
 * the other side most often means that the customer hung up: Meta's own word about it is awaited.
 */
export function legLost(s: Active, e: EventOf<'legLost'>): Move {
  if (s.path.step === 'lost') return null;
  if (e.cause !== 'ice-lost' && e.cause !== 'dtls-closed') return fail(s, e.at, reasonOf(e.cause));
  const wait = e.cause === 'dtls-closed' ? patience.legClosed : patience.legBroken;
  return to({ ...s, path: { step: 'lost', cause: e.cause, until: e.at + wait } });
}

export const legExpired = (s: Active, e: EventOf<'legExpired'>): Move =>
  s.path.step === 'lost' ? fail(s, e.at, reasonOf(s.path.cause)) : null;

export const nodeLost = (s: Active, e: EventOf<'nodeLost'>): Move =>
  fail(s, e.at, 'The media server that held the call is gone.');

type Opening = Dialing | Ringing | Claimed;

/**
 * A leg that is not the one that is waited for, since the call moved to another node or is over:
 * it must not stay behind there.
 */
export const closeStray = (s: CallState, nodeId: NodeId): Move => to(s, { do: 'leg:close', nodeId });

/** The node cannot make the leg: another one tries, as long as there is one (the ring bounds it). */
export function legRefused(s: Opening, e: EventOf<'legRefused'>): Move {
  if (s.path.step !== 'opening' || e.nodeId !== s.nodeId) return null;
  if (e.elsewhere === null) return fail(s, e.at, e.refusal.message);
  const nodeId = e.elsewhere;
  const again: CallCommand =
    s.phase === 'dialing' ? { do: 'leg:offer', nodeId } : { do: 'leg:answer', nodeId, offer: s.offer };
  const moved = { ...s, nodeId };
  // One that did not answer in time may have made the leg all the same.
  const mayHaveIt = e.refusal.code === 'media/unavailable';
  return mayHaveIt ? to(moved, again, { do: 'leg:close', nodeId: s.nodeId }) : to(moved, again);
}

/** Our answer is made. It goes out at the first ring, so that the way for sound is up before any click. */
export function answerReady(s: Ringing | Claimed, e: EventOf<'legReady'>): Move {
  if (e.nodeId !== s.nodeId) return closeStray(s, e.nodeId);
  if (s.path.step !== 'opening') return null;
  const { carrierCallId } = s;
  return to({ ...s, path: { step: 'warming', sdp: e.sdp } }, { do: 'carrier:pre-accept', carrierCallId, sdp: e.sdp });
}
