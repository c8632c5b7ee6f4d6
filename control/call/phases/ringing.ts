import { here } from '../handler.ts';
import { answerReady, end, endedByMeta, legExpired, legLost, legRefused, nodeLost, note, to } from '../moves.ts';
import { patience } from '../patience.ts';
import type { Rules } from '../rules.ts';

const nobody = 'Nobody answered in time.';

/** A customer calls, every desk rings, and the way for sound is made meanwhile. */
export const ringing: Rules<'ringing'> = {
  legReady: answerReady,
  legRefused,
  preAccepted: (s) =>
    s.path.step === 'warming' ? to({ ...s, path: { step: 'warm', sdp: s.path.sdp, doubt: false } }) : null,
  // Survivable: accept brings the way up as well, only a little later.
  preAcceptFailed: (s) =>
    s.path.step === 'warming' ? to({ ...s, path: { step: 'warm', sdp: s.path.sdp, doubt: false } }) : null,

  pickedUp: (s, e) => {
    if (e.fence <= s.fence || s.path.step === 'lost') return null;
    const { ringUntil, answerUntil, offer, carrierCallId, direction, nodeId, path } = s;
    const claim = {
      ...({ phase: 'claimed', direction, nodeId, carrierCallId, ringUntil, answerUntil, offer } as const),
      fence: e.fence,
      handler: here(e.by),
      claimUntil: e.at + patience.claim,
    };
    // Without our description, or while pre_accept is under way, accept has to wait for it.
    if (path.step !== 'warm') return to({ ...claim, path });
    const { sdp } = path;
    return to(
      { ...claim, path: { ...path, step: 'accepting' } },
      { do: 'carrier:accept', carrierCallId, sdp, fence: e.fence },
    );
  },
  /** The yes to a claim that was given up since: the next accept will hear that it comes too late. */
  accepted: (s) => (s.path.step === 'warm' ? to({ ...s, path: { ...s.path, doubt: true } }) : null),
  declined: (s, e) => end(s, { at: e.at, disposition: 'rejected', reason: `${e.by.name} declined the call.` }),

  terminated: (s, e) =>
    endedByMeta(s, e, { disposition: 'abandoned', reason: 'The caller hung up before anybody answered.' }),
  ringExpired: (s, e) => end(s, { at: e.at, disposition: 'missed', reason: nobody }),
  answerExpired: (s, e) => end(s, { at: e.at, disposition: 'missed', reason: nobody }),
  legLost,
  legExpired,
  nodeLost,

  legConnected: note,
  reported: note,
};
