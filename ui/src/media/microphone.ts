import { type Accessor, createSignal } from 'solid-js';
import type { MicrophoneProblem } from '../call/desk-call.ts';

/** The browser gave no microphone. */
export class MicrophoneRefused extends Error {
  override readonly name = 'MicrophoneRefused';
  readonly why: MicrophoneProblem;
  constructor(why: MicrophoneProblem) {
    super(why);
    this.why = why;
  }
}

/** The operator's microphone: open only while a call needs it. */
export type Microphone = {
  readonly track: Accessor<MediaStreamTrack | null>;
  readonly muted: Accessor<boolean>;
  /** Opens it, or another device in its place; a mute stays. @throws MicrophoneRefused */
  open(deviceId: string | null): Promise<MediaStreamTrack>;
  setMuted(muted: boolean): void;
  close(): void;
};

export function createMicrophone(onUnplugged: () => void): Microphone {
  const [track, setTrack] = createSignal<MediaStreamTrack | null>(null);
  const [muted, setMuted] = createSignal(false);
  // A close() while the browser still asks must win: the track that comes then is stopped.
  let turn = 0;

  return {
    track,
    muted,
    open: async (deviceId) => {
      turn += 1;
      const mine = turn;
      const fresh = await request(deviceId);
      if (mine !== turn) {
        fresh.stop();
        throw new MicrophoneRefused('busy');
      }
      fresh.enabled = !muted();
      // `ended` is the device's doing; our own stop() does not fire it.
      fresh.addEventListener('ended', onUnplugged);
      track()?.stop();
      setTrack(fresh);
      return fresh;
    },
    setMuted: (value) => {
      setMuted(value);
      const current = track();
      if (current) current.enabled = !value;
    },
    close: () => {
      turn += 1;
      track()?.stop();
      setTrack(null);
      setMuted(false);
    },
  };
}

async function request(deviceId: string | null): Promise<MediaStreamTrack> {
  // Absent on an insecure origin, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices?.getUserMedia) throw new MicrophoneRefused('insecure');
  try {
    const stream = await devices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        // Ideal, not exact: a headset left at home must not stop a call.
        ...(deviceId === null ? {} : { deviceId: { ideal: deviceId } }),
      },
    });
    const [track] = stream.getAudioTracks();
    if (!track) throw new MicrophoneRefused('missing');
    return track;
  } catch (error) {
    throw new MicrophoneRefused(problemOf(error));
  }
}

/** W3C mediacapture-streams §10.3: the names of getUserMedia's refusals. */
function problemOf(error: unknown): MicrophoneProblem {
  if (error instanceof MicrophoneRefused) return error.why;
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'blocked';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'busy';
}
