import type { Disposition } from '../../contract/views.ts';
import { closeStray, note, officialTimes, to, wasAnswered, type Move } from '../moves.ts';
import type { Rules } from '../rules.ts';
import type { Ended } from '../states.ts';

// Ended by us as never picked up, yet Meta says that it was: both happened in the same moment.
const unanswered: ReadonlySet<Disposition> = new Set(['missed', 'abandoned', 'rejected', 'unanswered', 'cancelled']);

/** Meta's times are whole seconds, rounded down, of another clock. */
const clocksDiffer = 2000;

/** Final. Only facts are still taken in, and what came alive too late is put out. */
export const ended: Rules<'ended'> = {
  /** Meta's figures for a call that we ended. */
  terminated: (s, e) => {
    if (s.official) return null;
    const answered = wasAnswered(e);
    const times = answered || s.answeredAt !== null ? officialTimes(e, s) : {};
    const after = { ...s, ...times, carrierCallId: e.carrierCallId, official: true };
    if (!answered) return to(after);
    if (unanswered.has(s.disposition)) {
      return to({
        ...after,
        disposition: 'completed',
        reason: `${s.reason} The customer had picked up in that moment.`,
      });
    }
    // What looked like a broken connection was a customer who hung up: Meta ended it before we did.
    const theirs = e.endedAt !== null && e.endedAt < s.endedAt - clocksDiffer;
    if (s.disposition === 'failed' && !e.failed && theirs) {
      return to({ ...after, disposition: 'completed', reason: 'The customer hung up.' });
    }
    return to(after);
  },

  placed: hangUp,
  answered: hangUp,
  remoteRang: hangUp,
  remoteAccepted: hangUp,

  /** Another gateway's accept was under way when it was hung up here: Meta took it after our good-bye. */
  accepted: (s) =>
    s.official || s.carrierCallId === null ? null : to(s, { do: 'carrier:terminate', carrierCallId: s.carrierCallId }),

  /** The leg came up after the call was over. */
  legReady: (s, e) => closeStray(s, e.nodeId),
  farewellFailed: note,
};

/** It was given up before Meta's id of it was known: now it is known, and can be ended there too. */
function hangUp(s: Ended, { carrierCallId }: { carrierCallId: string }): Move {
  if (s.carrierCallId !== null) return null;
  return to({ ...s, carrierCallId }, { do: 'carrier:terminate', carrierCallId });
}
