/** The phone's sounds, made of oscillators. Silent until the page was touched: browsers want it so. */
export type Ringer = { stop: () => void };

type Note = { hz: number; at: number; for: number };

const melodies = {
  /** Somebody calls this phone. */
  ringing: { everyMs: 2600, notes: melody([659, 784, 988, 784], 0.16) },
  /** It rings on the other side. */
  ringback: { everyMs: 4000, notes: [{ hz: 425, at: 0, for: 1 }] },
} as const;

function melody(tones: readonly number[], step: number): Note[] {
  return [...tones, ...tones].map((hz, i) => ({ hz, at: i * step, for: step * 1.6 }));
}

export function startRinger(kind: keyof typeof melodies): Ringer {
  const context = new AudioContext();
  const { everyMs, notes } = melodies[kind];
  const play = (): void => {
    if (context.state !== 'running') return;
    for (const note of notes) playNote(context, note);
  };
  play();
  const timer = setInterval(play, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      void context.close();
    },
  };
}

function playNote(context: AudioContext, note: Note): void {
  const start = context.currentTime + note.at;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.12, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, start + note.for);
  const oscillator = context.createOscillator();
  oscillator.type = 'triangle';
  oscillator.frequency.value = note.hz;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + note.for);
}
