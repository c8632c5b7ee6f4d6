import { type Accessor, createRoot, createSignal } from 'solid-js';

/**
 * The page's one AudioContext: ring tones, level meters, and the silent track that warms the line.
 * Browsers hold it until the first click or key (autoplay policy); `soundReady` says if they do.
 */
let context: AudioContext | undefined;
const [soundReady, setSoundReady] = createRoot(() => createSignal(false));

export const isSoundReady: Accessor<boolean> = soundReady;

export function audioContext(): AudioContext {
  if (!context) {
    const made = new AudioContext({ latencyHint: 'interactive' });
    made.addEventListener('statechange', () => setSoundReady(made.state === 'running'));
    setSoundReady(made.state === 'running');
    for (const gesture of ['pointerdown', 'keydown'] as const) {
      addEventListener(gesture, () => void unlockSound(), { capture: true, passive: true });
    }
    context = made;
  }
  return context;
}

/** Call it from a click. Resolves to whether there is sound now. */
export async function unlockSound(): Promise<boolean> {
  const audio = audioContext();
  // Refused without a gesture; the hint stays then.
  if (audio.state !== 'running') await audio.resume().catch(() => undefined);
  return audio.state === 'running';
}

/** A track that never says anything: with it the way is built before there is a microphone. */
export function silentTrack(): MediaStreamTrack {
  const [track] = audioContext().createMediaStreamDestination().stream.getAudioTracks();
  if (!track) throw new Error('an audio destination has one track');
  return track;
}
