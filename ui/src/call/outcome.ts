import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { timer } from '../words/time.ts';

/** How a call went, in a line: `Call ended · 2:31`, `No answer`. */
export function outcomeText(call: CallView): string {
  if (call.disposition === null || call.disposition === 'completed') {
    const seconds = call.durationSeconds ?? secondsBetween(call.answeredAt, call.endedAt);
    return seconds === undefined ? copy.call.ended : `${copy.call.ended} · ${timer(seconds)}`;
  }
  const how = copy.disposition[call.disposition];
  return call.disposition === 'failed' && call.endReason !== null ? `${how} · ${call.endReason}` : how;
}

function secondsBetween(from: string | null, to: string | null): number | undefined {
  if (from === null) return undefined;
  return ((to === null ? Date.now() : Date.parse(to)) - Date.parse(from)) / 1000;
}
