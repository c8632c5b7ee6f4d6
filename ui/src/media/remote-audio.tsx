import { createEffect, createSignal, on } from 'solid-js';
import { useConsole } from '../shell/context.ts';

const [isHeldBack, setHeldBack] = createSignal(false);
let element: HTMLAudioElement | undefined;

/** The browser refuses to play the customer without a click, e.g. after a reload. */
export const isSoundHeldBack = isHeldBack;

/** Call it from a click. */
export function resumeSound(): void {
  element?.play().then(
    () => setHeldBack(false),
    () => undefined,
  );
}

/** The customer's voice. Nothing to see. */
export function RemoteAudio() {
  const { media, devices, desk } = useConsole();
  const play = (audio: HTMLAudioElement, stream: MediaStream | null): void => {
    audio.srcObject = stream;
    if (!stream) {
      setHeldBack(false);
      return;
    }
    audio.play().then(
      () => setHeldBack(false),
      // An element whose source was exchanged in the meantime says AbortError: no news.
      (error: unknown) => setHeldBack(error instanceof Error && error.name === 'NotAllowedError' && desk.busy()),
    );
  };
  createEffect(
    on(media.remote, (stream) => {
      if (element) play(element, stream);
    }),
  );
  createEffect(() => {
    const speaker = devices.speakerId() ?? '';
    // An unplugged speaker: the browser goes on with the system's.
    if (element && devices.canChooseSpeaker) element.setSinkId(speaker).catch(() => devices.chooseSpeaker(null));
  });
  return (
    // The customer's voice has no captions yet; they come with the assistant.
    <audio ref={(made) => (element = made)} autoplay data-testid="remote-audio" />
  );
}
