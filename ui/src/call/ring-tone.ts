import { audioContext } from '../media/audio.ts';

/** A tone of ours, made from notes: nothing to load, nothing to decode, ready at the first ring. */
type Note = { readonly at: number; readonly hertz: number; readonly seconds: number; readonly gain: number };
type Tone = { readonly notes: readonly Note[]; readonly everySeconds: number };

const chime = (at: number, hertz: number): Note[] => [
  { at, hertz, seconds: 0.55, gain: 0.2 },
  // A quiet octave above gives the bell its brightness, which laptop speakers can carry.
  { at, hertz: hertz * 2, seconds: 0.35, gain: 0.07 },
];

const tones = {
  /** Somebody rings: two rising pairs, then a breath. */
  ring: {
    everySeconds: 2.6,
    notes: [...chime(0, 659.26), ...chime(0.2, 880), ...chime(0.62, 659.26), ...chime(0.82, 880)],
  },
  /** Somebody rings while the operator talks: one soft drop. */
  waiting: { everySeconds: 4, notes: [{ at: 0, hertz: 740, seconds: 0.3, gain: 0.05 }] },
  /** What a caller hears while the other phone rings (ITU-T E.180: 425 Hz, 1 s in 5 s). */
  ringback: { everySeconds: 5, notes: [{ at: 0, hertz: 425, seconds: 1, gain: 0.06 }] },
} as const satisfies Record<string, Tone>;

export type ToneName = keyof typeof tones;

/** Plays a tone until the returned function is called. Silent while the browser holds the sound. */
export function playTone(name: ToneName): () => void {
  const audio = audioContext();
  const out = audio.createGain();
  out.connect(audio.destination);
  const tone: Tone = tones[name];
  const round = (): void => {
    if (audio.state === 'running') for (const note of tone.notes) strike(audio, out, note);
  };
  round();
  const interval = setInterval(round, tone.everySeconds * 1000);
  return () => {
    clearInterval(interval);
    // A cut would click.
    out.gain.setTargetAtTime(0, audio.currentTime, 0.02);
    setTimeout(() => out.disconnect(), 200);
  };
}

function strike(audio: AudioContext, out: AudioNode, note: Note): void {
  const start = audio.currentTime + note.at;
  const oscillator = audio.createOscillator();
  const envelope = audio.createGain();
  oscillator.frequency.value = note.hertz;
  envelope.gain.setValueAtTime(0, start);
  envelope.gain.linearRampToValueAtTime(note.gain, start + 0.012);
  envelope.gain.setValueAtTime(note.gain, start + Math.max(0.012, note.seconds - 0.45));
  envelope.gain.exponentialRampToValueAtTime(0.0001, start + note.seconds);
  oscillator.connect(envelope).connect(out);
  oscillator.start(start);
  oscillator.stop(start + note.seconds);
}
