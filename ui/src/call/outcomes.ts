import { type Accessor, createSignal } from 'solid-js';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { contactName } from '../words/phone.ts';

/** How a ring ended for this desk, told for a moment where it rang. */
export type RingOutcome = { readonly callId: CallId; readonly name: string; readonly text: string };

export type Outcomes = {
  readonly list: Accessor<readonly RingOutcome[]>;
  /** Told once a call: the notice and the refusal of a click say the same. */
  tell(call: CallView, text: string): void;
};

const staysMs = 4000;

export function createOutcomes(): Outcomes {
  const [list, setList] = createSignal<readonly RingOutcome[]>([]);
  return {
    list,
    tell: (call, text) => {
      if (list().some((one) => one.callId === call.id)) return;
      setList((all) => [...all, { callId: call.id, name: contactName(call.contact, copy.unknownContact), text }]);
      setTimeout(() => setList((all) => all.filter((one) => one.callId !== call.id)), staysMs);
    },
  };
}
