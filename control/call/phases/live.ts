import { deskHeard, deskLost, feed, here, openPath, rejoined, setMuted, soundFailed } from '../handler.ts';
import { end, endedByMeta, fail, legExpired, legLost, nodeLost, note, to } from '../moves.ts';
import { patience } from '../patience.ts';
import type { Rules } from '../rules.ts';

/** The customer and a handler are connected. */
export const live: Rules<'live'> = {
  /** Meta's answer may come after its ACCEPTED. */
  answered: openPath,

  deskLost,
  deskHeard,
  rejoined,
  graceExpired: (s, e) =>
    s.handler.presence === 'away'
      ? to({ ...s, handler: { ...s.handler, presence: 'gone', offerUntil: e.at + patience.operatorLost } })
      : null,
  /** Another operator takes over: Meta notices nothing. */
  pickedUp: (s, e) => {
    if (s.handler.presence !== 'gone' || e.fence <= s.fence) return null;
    const taken = { ...s, fence: e.fence, handler: here(e.by) };
    return to(taken, ...feed(taken));
  },
  offerExpired: (s, e) => fail(s, e.at, `The connection of ${s.handler.name} was lost and nobody took the call over.`),

  muted: setMuted,
  hungUp: (s, e) =>
    s.handler.userId === e.by.userId
      ? end(s, { at: e.at, disposition: 'completed', reason: `${e.by.name} hung up.` })
      : null,
  terminated: (s, e) => endedByMeta(s, e, { disposition: 'completed', reason: 'The customer hung up.' }),

  soundFailed,
  legLost,
  legExpired,
  nodeLost,

  legConnected: note,
  rtpStarted: note,
  rtpMissing: note,
  reported: note,
};
