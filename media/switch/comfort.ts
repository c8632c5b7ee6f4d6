import { Application, Bandwidth, createEncoder } from 'libopus-wasm';

const frames = 50;
// The encoder needs some frames to find its level.
const warmUp = 10;
const samples = 960;
// Decodes to about -64 dBFS: the hiss of a quiet room. Loud enough that nobody thinks the line is dead, too low to
// be noticed under speech.
const rms = 10 ** (-62 / 20);

/**
 * One second of quiet noise as 20 ms Opus frames, to be played round and round. Made once a process, in about 50 ms:
 * low-pass noise at 12 kbit/s, without DTX and FEC, so that every frame can follow every other.
 */
export async function createComfortNoise(): Promise<readonly Buffer[]> {
  const encoder = await createEncoder({
    sampleRate: 48_000,
    channels: 1,
    application: Application.Voip,
    bitrate: 12_000,
    complexity: 5,
    maxBandwidth: Bandwidth.Wideband,
  });
  try {
    const noise = lowPassNoise((warmUp + frames) * samples);
    const packets = Array.from({ length: warmUp + frames }, (_, i) =>
      Buffer.from(encoder.encodeFloat(noise.subarray(i * samples, (i + 1) * samples))),
    );
    return packets.slice(warmUp);
  } finally {
    encoder.free();
  }
}

// A fixed seed: the noise is the same in every process, and so are the tests.
function lowPassNoise(length: number): Float32Array {
  const noise = new Float32Array(length);
  let seed = 1;
  let level = 0;
  let power = 0;
  for (let i = 0; i < length; i += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    level = 0.9 * level + seed / 2 ** 31 - 1;
    noise[i] = level;
    power += level * level;
  }
  const gain = rms / Math.sqrt(power / length);
  return noise.map((sample) => sample * gain);
}
