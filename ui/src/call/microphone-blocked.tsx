import MicOff from 'lucide-solid/icons/mic-off';
import { For, Show } from 'solid-js';
import { copy } from '../copy.ts';
import { Button } from '../parts/button.tsx';
import { useConsole } from '../shell/context.ts';
import type { MicrophoneProblem } from './desk-call.ts';

const words = {
  blocked: { title: copy.microphone.blockedTitle, text: copy.microphone.blockedText },
  missing: { title: copy.microphone.missingTitle, text: copy.microphone.missingText },
  busy: { title: copy.microphone.busyTitle, text: copy.microphone.busyText },
  insecure: { title: copy.microphone.insecureTitle, text: copy.microphone.insecureText },
} as const satisfies Record<MicrophoneProblem, { title: string; text: string }>;

/** No microphone, no call: why, and what to do about it. */
export function MicrophoneBlocked() {
  const { desk } = useConsole();
  const why = (): MicrophoneProblem => {
    const state = desk.state();
    return state.phase === 'blocked' ? state.why : 'blocked';
  };
  return (
    <div role="alert" data-testid="microphone-blocked" class="flex flex-wrap items-start gap-x-4 gap-y-3 py-1">
      <span class="inline-flex size-10 shrink-0 items-center justify-center rounded-full bg-stop text-on-signal">
        <MicOff size={19} aria-hidden />
      </span>
      <div class="min-w-0 flex-1 basis-72">
        <p class="text-lg leading-6 font-semibold text-balance">{words[why()].title}</p>
        <p class="mt-0.5 text-base text-panel-soft">{words[why()].text}</p>
        <Show when={why() === 'blocked'}>
          <details class="mt-2 text-base">
            <summary class="cursor-pointer font-medium text-panel-brass">{copy.microphone.howTo}</summary>
            <ol class="mt-1.5 list-decimal space-y-0.5 ps-5 text-panel-soft">
              <For each={copy.microphone.steps}>{(step) => <li>{step}</li>}</For>
            </ol>
          </details>
        </Show>
      </div>
      <div class="flex gap-2 max-md:w-full max-md:justify-end">
        <Button look="panel-quiet" onClick={() => desk.dismiss()}>
          {copy.dismiss}
        </Button>
        <Button look="panel" onClick={() => desk.retry()} data-testid="microphone-retry">
          {copy.microphone.retryAccept}
        </Button>
      </div>
    </div>
  );
}
