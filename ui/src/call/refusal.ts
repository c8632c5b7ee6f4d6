import type { ConversationId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { hasCode, sentenceOf } from '../line/faults.ts';
import { contactName } from '../words/phone.ts';
import type { Aim } from './desk-call.ts';

/** What to do about a call that could not be joined. */
export type Refusal =
  /** Losing a race, or a caller who was faster, is an outcome and no error. */
  | { readonly kind: 'outcome'; readonly text: string }
  | { readonly kind: 'ask-permission'; readonly conversationId: ConversationId }
  | { readonly kind: 'error'; readonly text: string };

/** `view` is the call as it was last told, if it was. */
export function refusalOf(aim: Aim, error: unknown, view: CallView | undefined): Refusal {
  if (hasCode(error, 'call/already-claimed')) {
    return { kind: 'outcome', text: copy.call.takenBy(winnerOf(error.details) ?? view?.handler?.name ?? null) };
  }
  if (aim.kind === 'accept' && hasCode(error, 'call/over', 'carrier/call-over', 'call/not-ringing', 'call/not-found')) {
    const gone = view?.disposition === 'abandoned';
    const text = gone ? copy.call.callerHungUp(contactName(view.contact, copy.unknownContact)) : copy.call.gone;
    return { kind: 'outcome', text };
  }
  if (aim.kind === 'rejoin' && hasCode(error, 'call/over', 'call/not-found', 'call/not-yours')) {
    return { kind: 'outcome', text: copy.call.notToReturnTo };
  }
  if (aim.kind === 'dial' && hasCode(error, 'permission/needed', 'carrier/no-permission')) {
    return { kind: 'ask-permission', conversationId: aim.conversationId };
  }
  return { kind: 'error', text: sentenceOf(error) };
}

function winnerOf(details: Record<string, unknown> | undefined): string | undefined {
  const name = details?.['name'] ?? details?.['winner'];
  return typeof name === 'string' ? name : undefined;
}
