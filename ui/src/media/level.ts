import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js';
import { audioContext } from './audio.ts';

/** -54 dBFS is a quiet room, -12 dBFS a firm voice: between them the meter moves. */
const floorDb = -54;
const ceilingDb = -12;
const everyMs = 60;
const startAfterMs = 250;

/** 0..1 of a track's loudness, about 16 times a second. */
export function createLevel(track: Accessor<MediaStreamTrack | null>): Accessor<number> {
  const [level, setLevel] = createSignal(0);
  createEffect(() => {
    const heard = track();
    if (!heard) {
      setLevel(0);
      return;
    }
    let stop: (() => void) | undefined;
    // Not in the moment in which the call is answered: that one is for the voice.
    const start = setTimeout(() => {
      stop = measure(heard, (now) => {
        // Up at once, down slowly, as meters do.
        setLevel((before) => Math.max(now, before * 0.78 - 0.01, 0));
      });
    }, startAfterMs);
    onCleanup(() => {
      clearTimeout(start);
      stop?.();
    });
  });
  return level;
}

function measure(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const audio = audioContext();
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = 512;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const interval = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(loudness(samples));
  }, everyMs);
  return () => {
    clearInterval(interval);
    source.disconnect();
  };
}

function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (db - floorDb) / (ceilingDb - floorDb)));
}
