/** What a piece of sound is, as a person with a spectrum analyser would tell it. */
export type Heard = {
  seconds: number;
  /** The strongest frequency, Hz; null when there is nothing to hear. */
  dominantHz: number | null;
  /** Of everything, dBFS (AES17: a sine at full scale is 0); -120 stands for digital silence. */
  levelDbfs: number;
  /** Share of the energy that is within 3 % of the strongest frequency, 0..1: near 1 for a pure tone. */
  purity: number;
  /** Silences of 60 ms and more between sounding parts, milliseconds from the beginning. */
  gaps: { atMs: number; ms: number }[];
};

const floor = -120;
const blockMs = 10;
const silentBelow = -60;
const shortestGapMs = 60;

/** RMS level in dBFS with a full-scale sine at 0 (AES17). */
export function levelOf(pcm: Float32Array): number {
  if (pcm.length === 0) return floor;
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.max(floor, 10 * Math.log10((2 * sum) / pcm.length + 1e-13));
}

/** The level of one frequency alone, dBFS (Goertzel's algorithm over the whole piece). */
export function levelAt(pcm: Float32Array, hz: number, rate = 48_000): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let a = 0;
  let b = 0;
  for (const sample of pcm) {
    const next = sample + turn * a - b;
    b = a;
    a = next;
  }
  const power = a * a + b * b - turn * a * b;
  const amplitude = (2 * Math.sqrt(Math.max(power, 0))) / Math.max(pcm.length, 1);
  return Math.max(floor, 20 * Math.log10(amplitude + 1e-6));
}

/** Measures mono PCM, -1..1. */
export function measureTone(pcm: Float32Array, rate = 48_000): Heard {
  const level = levelOf(pcm);
  const spectrum = level > -90 ? powerSpectrum(pcm) : undefined;
  const peak = spectrum ? peakOf(spectrum, rate) : undefined;
  return {
    seconds: pcm.length / rate,
    dominantHz: peak?.hz ?? null,
    levelDbfs: level,
    purity: peak?.purity ?? 0,
    gaps: gapsOf(pcm, rate),
  };
}

function gapsOf(pcm: Float32Array, rate: number): Heard['gaps'] {
  const block = Math.round((rate * blockMs) / 1000);
  const gaps: Heard['gaps'] = [];
  let lastSound = -1;
  for (let index = 0; (index + 1) * block <= pcm.length; index += 1) {
    if (levelOf(pcm.subarray(index * block, (index + 1) * block)) < silentBelow) continue;
    const silentMs = (index - lastSound - 1) * blockMs;
    if (lastSound >= 0 && silentMs >= shortestGapMs) gaps.push({ atMs: (lastSound + 1) * blockMs, ms: silentMs });
    lastSound = index;
  }
  return gaps;
}

const size = 16_384;

/** Welch's average of Hann windows, half overlapping; a shorter piece is filled up with zeros. */
function powerSpectrum(pcm: Float32Array): Float64Array {
  const power = new Float64Array(size / 2);
  for (let start = 0; start === 0 || start + size <= pcm.length; start += size / 2) {
    const real = new Float64Array(size);
    const imaginary = new Float64Array(size);
    const length = Math.min(size, pcm.length - start);
    for (let i = 0; i < length; i += 1) {
      real[i] = pcm[start + i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
    }
    transform(real, imaginary);
    for (let i = 0; i < power.length; i += 1) power[i]! += real[i]! ** 2 + imaginary[i]! ** 2;
  }
  return power;
}

function peakOf(power: Float64Array, rate: number): { hz: number; purity: number } {
  const width = rate / size;
  const first = Math.ceil(40 / width);
  let best = first;
  let total = 0;
  for (let i = first; i < power.length - 1; i += 1) {
    total += power[i]!;
    if (power[i]! > power[best]!) best = i;
  }
  // A parabola through the three highest points finds the top between two bins.
  const [a, b, c] = [best - 1, best, best + 1].map((i) => Math.log(power[i]! + 1e-30)) as [number, number, number];
  const offset = (0.5 * (a - c)) / (a - 2 * b + c || 1);
  const hz = (best + offset) * width;
  const near = Math.max(3, Math.ceil((hz * 0.03) / width));
  let own = 0;
  for (let i = Math.max(first, best - near); i <= best + near && i < power.length; i += 1) own += power[i]!;
  return { hz, purity: own / total };
}

/** In-place radix-2 FFT. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  for (let span = 2; span <= n; span <<= 1) {
    const half = span >> 1;
    const angle = (-2 * Math.PI) / span;
    for (let k = 0; k < half; k += 1) {
      const cos = Math.cos(angle * k);
      const sin = Math.sin(angle * k);
      for (let i = k; i < n; i += span) {
        const j = i + half;
        const re = real[j]! * cos - imaginary[j]! * sin;
        const im = real[j]! * sin + imaginary[j]! * cos;
        real[j] = real[i]! - re;
        imaginary[j] = imaginary[i]! - im;
        real[i]! += re;
        imaginary[i]! += im;
      }
    }
  }
}
