import { type Accessor, createSignal, onCleanup } from 'solid-js';

export type SoundDevice = { readonly id: string; readonly label: string };

/** Which microphones and speakers there are, and which the operator chose (kept in this browser). */
export type Devices = {
  readonly microphones: Accessor<readonly SoundDevice[]>;
  readonly speakers: Accessor<readonly SoundDevice[]>;
  readonly microphoneId: Accessor<string | null>;
  readonly speakerId: Accessor<string | null>;
  /** False where the browser plays on the system's output only. */
  readonly canChooseSpeaker: boolean;
  chooseMicrophone(id: string | null): void;
  chooseSpeaker(id: string | null): void;
  /** Labels appear only once the microphone was allowed: ask again then. */
  refresh(): Promise<void>;
};

const storageKey = { microphone: 'switchboard.microphone', speaker: 'switchboard.speaker' } as const;

/** `onChange` runs when a device came or went. */
export function createDevices(onChange: () => void): Devices {
  const [microphones, setMicrophones] = createSignal<readonly SoundDevice[]>([]);
  const [speakers, setSpeakers] = createSignal<readonly SoundDevice[]>([]);
  const [microphoneId, setMicrophoneId] = createSignal(localStorage.getItem(storageKey.microphone));
  const [speakerId, setSpeakerId] = createSignal(localStorage.getItem(storageKey.speaker));
  const media = navigator.mediaDevices as MediaDevices | undefined;

  const refresh = async (): Promise<void> => {
    const all = (await media?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind: MediaDeviceKind): SoundDevice[] =>
      all
        // "default" and "communications" are Chrome's aliases of real devices: the picker has its own default.
        .filter((device) => device.kind === kind && !['', 'default', 'communications'].includes(device.deviceId))
        .map((device) => ({ id: device.deviceId, label: device.label }));
    setMicrophones(of('audioinput'));
    setSpeakers(of('audiooutput'));
  };

  const changed = (): void => {
    void refresh().then(onChange);
  };
  media?.addEventListener('devicechange', changed);
  onCleanup(() => media?.removeEventListener('devicechange', changed));
  void refresh();

  return {
    microphones,
    speakers,
    microphoneId,
    speakerId,
    canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype,
    chooseMicrophone: (id) => {
      setMicrophoneId(id);
      remember(storageKey.microphone, id);
    },
    chooseSpeaker: (id) => {
      setSpeakerId(id);
      remember(storageKey.speaker, id);
    },
    refresh,
  };
}

function remember(key: string, id: string | null): void {
  if (id === null) localStorage.removeItem(key);
  else localStorage.setItem(key, id);
}
