import type { Disposition } from '../../contract/views.ts';
import type { EventOf } from '../events.ts';
import { here } from '../handler.ts';
import { metaReason, officialTimes, to, wasAnswered } from '../moves.ts';
import { patience } from '../patience.ts';
import type { Rules } from '../rules.ts';
import type { Ended } from '../states.ts';

/** How a call begins. */
export const fresh: Rules<'new'> = {
  offered: (_, e) => {
    const { carrierCallId, nodeId, sdp, at } = e;
    if (at - e.sentAt > patience.staleOffer) {
      return to(neverRang(e, 'missed', 'The call reached us too late: WhatsApp had given it up already.'));
    }
    if (nodeId === null) {
      const reason = 'No media server had room for the call.';
      return to(neverRang(e, 'failed', reason), { do: 'carrier:reject', carrierCallId });
    }
    return to(
      {
        phase: 'ringing',
        direction: 'inbound',
        nodeId,
        carrierCallId,
        fence: 0,
        path: { step: 'opening' },
        ringUntil: at + e.ringMs,
        answerUntil: e.sentAt + patience.answerWindow,
        offer: sdp,
      },
      { do: 'leg:answer', nodeId, offer: sdp },
    );
  },

  dialed: (_, e) =>
    to(
      {
        phase: 'dialing',
        direction: 'outbound',
        nodeId: e.nodeId,
        carrierCallId: null,
        fence: 0,
        path: { step: 'opening' },
        handler: here(e.by),
        remoteRinging: false,
        dialUntil: e.at + e.dialMs,
      },
      { do: 'leg:offer', nodeId: e.nodeId },
    ),

  /** Terminate overtook its connect: the ended call is the tombstone on which the late offer falls. */
  terminated: (_, e) => {
    const { direction } = e;
    const times = officialTimes(e, { answeredAt: null, endedAt: e.at });
    const end = {
      phase: 'ended',
      direction,
      nodeId: null,
      carrierCallId: e.carrierCallId,
      handledBy: null,
      official: true,
    } as const;
    if (e.failed) return to({ ...end, ...times, disposition: 'failed', reason: metaReason(e) });
    if (wasAnswered(e)) return to({ ...end, ...times, disposition: 'completed', reason: 'The customer hung up.' });
    if (direction === 'outbound') {
      return to({ ...end, ...times, disposition: 'unanswered', reason: 'The customer did not answer.' });
    }
    return to({ ...end, ...times, disposition: 'abandoned', reason: 'The caller hung up before it could ring.' });
  },
};

const neverRang = (e: EventOf<'offered'>, disposition: Disposition, reason: string): Ended => ({
  phase: 'ended',
  direction: 'inbound',
  nodeId: null,
  carrierCallId: e.carrierCallId,
  disposition,
  reason,
  answeredAt: null,
  endedAt: e.at,
  durationSeconds: null,
  handledBy: null,
  official: false,
});
