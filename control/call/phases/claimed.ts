import * as handler from '../handler.ts';
import {
  answerReady,
  end,
  endedByMeta,
  fail,
  legExpired,
  legLost,
  legRefused,
  nodeLost,
  note,
  to,
  type Move,
} from '../moves.ts';
import { patience } from '../patience.ts';
import type { Rules } from '../rules.ts';
import type { Claimed, Live } from '../states.ts';

/** Somebody won the right to answer; Meta has not said yes yet. Accept goes out once a claim. */
export const claimed: Rules<'claimed'> = {
  legReady: answerReady,
  legRefused,
  preAccepted: accept,
  preAcceptFailed: accept,

  accepted: (s, e) => (answering(s) ? pickUp(s, e.at) : null),
  acceptRefused: (s, e) => {
    // A refusal of an earlier claim's accept says nothing about this one.
    if (e.fence !== s.fence || !answering(s)) return null;
    const { path } = s;
    const unclear = e.repeated || (path.step === 'accepting' && path.doubt);
    // Meta says "too late" of an accept that it took itself when its first yes was lost on the way.
    // Should the caller be gone instead, then terminate or the lost leg ends the call.
    if (e.refusal.code === 'carrier/call-over' && unclear) return pickUp(s, e.at);
    if (e.refusal.code === 'carrier/call-over') {
      const reason = 'The caller hung up just before the answer reached WhatsApp.';
      return end(s, { at: e.at, disposition: 'abandoned', reason, overAtMeta: true });
    }
    return release(s, e.at, unclear || e.refusal.code === 'carrier/unavailable');
  },

  claimExpired: (s, e) =>
    s.path.step === 'accepting'
      ? fail(s, e.at, 'WhatsApp did not confirm the answer in time.')
      : release(s, e.at, false),
  deskLost: (s, e) => {
    // While accept is under way the claim cannot be given back: the call may be live already.
    if (answering(s)) return handler.deskLost(s, e);
    return s.handler.deskId === e.deskId ? release(s, e.at, false) : null;
  },
  deskHeard: handler.deskHeard,
  rejoined: handler.rejoined,
  muted: handler.setMuted,

  hungUp: (s, e) =>
    s.handler.userId === e.by.userId
      ? end(s, { at: e.at, disposition: 'rejected', reason: `${e.by.name} hung up before the call was connected.` })
      : null,
  terminated: (s, e) =>
    endedByMeta(s, e, { disposition: 'abandoned', reason: 'The caller hung up while the call was being answered.' }),
  legLost,
  legExpired,
  nodeLost,

  legConnected: note,
  rtpStarted: note,
  rtpMissing: note,
  reported: note,
};

/** Is accept under way at Meta, as far as we know? */
const answering = (s: Claimed): boolean => s.path.step === 'accepting' || s.path.step === 'lost';

/** pre_accept is settled, one way or the other: accept may go out, with the same description. */
function accept(s: Claimed): Move {
  if (s.path.step !== 'warming') return null;
  const { carrierCallId } = s;
  const { sdp } = s.path;
  return to(
    { ...s, path: { step: 'accepting', sdp, doubt: false } },
    { do: 'carrier:accept', carrierCallId, sdp, fence: s.fence },
  );
}

/** Accept returned 200: from now on RTP may leave. */
function pickUp(s: Claimed, at: number): Move {
  const { direction, nodeId, carrierCallId, fence } = s;
  const known = { direction, nodeId, carrierCallId, fence };
  const common = { phase: 'live', ...known, handler: s.handler, answeredAt: at } as const;
  if (s.path.step === 'lost') return to({ ...common, path: s.path });
  const live: Live = { ...common, path: { step: 'open' } };
  // The source first: then the very first packet carries the operator's voice.
  return to(live, ...handler.feed(live), { do: 'leg:open-gate', nodeId }, { do: 'leg:watch', nodeId });
}

/** The claim is given up and the call rings on, at least long enough for somebody else's click. */
function release(s: Claimed, at: number, doubt: boolean): Move {
  const { direction, nodeId, carrierCallId, fence, answerUntil, offer } = s;
  const path = s.path.step === 'accepting' ? ({ step: 'warm', sdp: s.path.sdp, doubt } as const) : s.path;
  const ringUntil = Math.max(s.ringUntil, at + patience.ringOn);
  return to({ phase: 'ringing', direction, nodeId, carrierCallId, fence, path, ringUntil, answerUntil, offer });
}
