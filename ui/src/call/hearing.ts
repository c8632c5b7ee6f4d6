import { type Accessor, createEffect, createMemo, on, onCleanup } from 'solid-js';
import type { DeskId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import type { Media } from '../media/media.ts';
import type { DeskCall } from './desk-call.ts';

const retryMs = 400;
/** Past this a phase of the call brings no sound any more; the next phase asks again. */
const attempts = 20;

/** Lets this desk hear its customer as soon as control says that the call is its own, by notice or by reply. */
export function createHearing(
  state: Accessor<DeskCall>,
  call: Accessor<CallView | undefined>,
  { media, deskId }: { media: Media; deskId: DeskId },
): void {
  const target = createMemo(
    () => {
      const { phase } = state();
      const view = phase === 'talking' || phase === 'joining' ? call() : undefined;
      if (!view || view.phase === 'ended' || view.nodeId === null) return undefined;
      if (view.handler?.deskId !== deskId) return undefined;
      return { callId: view.id, nodeId: view.nodeId, phase: view.phase };
    },
    undefined,
    { equals: (a, b) => a?.callId === b?.callId && a?.nodeId === b?.nodeId && a?.phase === b?.phase },
  );

  createEffect(
    on(target, (wanted) => {
      if (!wanted) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let isOver = false;
      // An outgoing call's sound may not be there yet: the customer's phone only begins to ring.
      const listen = (attempt: number): void => {
        media.hear(wanted.nodeId, wanted.callId).catch(() => {
          if (!isOver && attempt < attempts) timer = setTimeout(() => listen(attempt + 1), retryMs);
        });
      };
      listen(1);
      onCleanup(() => {
        isOver = true;
        clearTimeout(timer);
      });
    }),
  );
}
