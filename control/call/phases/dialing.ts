import { deskHeard, deskLost, openPath, rejoined, setMuted, soundFailed } from '../handler.ts';
import { closeStray, end, endedByMeta, fail, legExpired, legLost, legRefused, nodeLost, note, to } from '../moves.ts';
import { patience } from '../patience.ts';
import type { Rules } from '../rules.ts';
import type { Dialing } from '../states.ts';

const noAnswer = { disposition: 'unanswered', reason: 'The customer did not answer.' } as const;

/** An operator calls a customer, who has not picked up yet. */
export const dialing: Rules<'dialing'> = {
  legReady: (s, e) => {
    if (e.nodeId !== s.nodeId) return closeStray(s, e.nodeId);
    return s.path.step === 'opening'
      ? to({ ...s, path: { step: 'placing' } }, { do: 'carrier:connect', sdp: e.sdp })
      : null;
  },
  legRefused,
  /** A webhook of the call may have told it before Graph's reply was here. */
  placed: (s, e) => (s.path.step === 'placing' ? to(known(s, e)) : null),
  placeRefused: (s, e) => {
    if (s.path.step !== 'placing') return null;
    if (!e.unclear) return fail(s, e.at, e.refusal.message);
    return to({ ...s, path: { step: 'placing', until: e.at + patience.placingUnclear } });
  },

  answered: openPath,
  remoteRang: (s, e) =>
    s.path.step === 'opening' || s.remoteRinging ? null : to({ ...known(s, e), remoteRinging: true }),
  remoteAccepted: (s, e) => {
    if (s.path.step === 'opening') return null;
    const { direction, nodeId, fence, path, handler } = known(s, e);
    const { carrierCallId, at } = e;
    const live = { phase: 'live', direction, nodeId, carrierCallId, fence, path, handler, answeredAt: at } as const;
    return path.step === 'open' ? to(live, { do: 'leg:watch', nodeId }) : to(live);
  },
  remoteRejected: (s, e) =>
    end(known(s, e), {
      at: e.at,
      disposition: 'declined',
      reason: 'The customer declined the call.',
      overAtMeta: true,
    }),
  terminated: (s, e) => endedByMeta(known(s, e), e, noAnswer),

  muted: setMuted,
  deskLost,
  deskHeard,
  rejoined,
  graceExpired: (s, e) =>
    end(s, {
      at: e.at,
      disposition: 'cancelled',
      reason: `The connection of ${s.handler.name} was lost before the customer picked up.`,
    }),
  hungUp: (s, e) =>
    s.handler.userId === e.by.userId
      ? end(s, { at: e.at, disposition: 'cancelled', reason: `${e.by.name} hung up before the customer picked up.` })
      : null,
  dialExpired: (s, e) => {
    if (s.path.step === 'opening') return fail(s, e.at, 'The media server did not get ready in time.');
    if (s.path.step === 'placing') return fail(s, e.at, 'WhatsApp did not confirm the call.');
    return end(s, { at: e.at, ...noAnswer });
  },

  soundFailed,
  legLost,
  legExpired,
  nodeLost,

  legConnected: note,
  rtpStarted: note,
  rtpMissing: note,
  reported: note,
};

/** The call as placed under Meta's id, from whichever message it is learned. */
function known(s: Dialing, { carrierCallId }: { carrierCallId: string }): Dialing {
  return { ...s, carrierCallId, path: s.path.step === 'placing' ? { step: 'placed' } : s.path };
}
