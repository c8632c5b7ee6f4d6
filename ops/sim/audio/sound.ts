import { spawn } from 'node:child_process';
import { createEncoder } from 'libopus-wasm';
import { z } from 'zod';
import { readOpusPackets } from './ogg.ts';

/** What a customer's phone plays into a call. */
export const Sound = z.discriminatedUnion('kind', [
  /** A sine. Levels are dBFS as AES17 counts them: a sine at full scale is 0. */
  z.object({
    kind: z.literal('tone'),
    hz: z.number().min(50).max(7000),
    level: z.number().min(-90).max(0).default(-12),
  }),
  /** Any format that ffmpeg reads; played once, then silence, or over and over. */
  z.object({ kind: z.literal('file'), path: z.string(), loop: z.boolean().default(false) }),
  /** Packets flow, nothing is heard. */
  z.object({ kind: z.literal('silence') }),
  /** Not one packet. */
  z.object({ kind: z.literal('nothing') }),
]);
export type Sound = z.infer<typeof Sound>;

/** A sine of `hz`, by default at -12 dBFS. */
export const tone = (hz: number, level = -12): Sound => ({ kind: 'tone', hz, level });
export const file = (path: string, loop = false): Sound => ({ kind: 'file', path, loop });
export const silence: Sound = { kind: 'silence' };
export const nothing: Sound = { kind: 'nothing' };

/** Opus packets of 20 ms, ready to be sent, and whether they start again at their end. */
export type Playable = { packets: readonly Uint8Array[]; loop: boolean };

const frame = 960;
const rate = 48_000;
/** Long enough that the seam of a loop is a rare event, short enough to be encoded in a moment. */
const toneFrames = 250;
const silentFrames = 10;

const made = new Map<string, Promise<Playable>>();

/** Encoded once for a process, then shared by every call. Undefined: nothing is sent at all. */
export async function loadSound(sound: Sound): Promise<Playable | undefined> {
  if (sound.kind === 'nothing') return undefined;
  const key = JSON.stringify(sound);
  let playable = made.get(key);
  if (!playable) {
    playable = make(sound);
    made.set(key, playable);
    playable.catch(() => made.delete(key));
  }
  return playable;
}

async function make(sound: Exclude<Sound, { kind: 'nothing' }>): Promise<Playable> {
  if (sound.kind === 'file') return { packets: await transcode(sound.path), loop: sound.loop };
  const pcm = sound.kind === 'tone' ? sine(sound.hz, sound.level, toneFrames) : new Float32Array(frame * silentFrames);
  return { packets: await encode(pcm), loop: true };
}

/** Whole periods in the buffer where `hz` allows it, so that a loop has no click. */
function sine(hz: number, level: number, frames: number): Float32Array {
  const amplitude = 10 ** (level / 20);
  const step = (2 * Math.PI * hz) / rate;
  return Float32Array.from({ length: frames * frame }, (_, i) => amplitude * Math.sin(step * i));
}

/** Mono PCM of 48 kHz to packets of 20 ms. */
async function encode(pcm: Float32Array): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ channels: 1, sampleRate: rate, frameSize: frame, bitrate: 32_000 });
  try {
    const packets: Uint8Array[] = [];
    for (let at = 0; at + frame <= pcm.length; at += frame) {
      packets.push(Uint8Array.from(encoder.encodeFloat(pcm.subarray(at, at + frame))));
    }
    return packets;
  } finally {
    encoder.free();
  }
}

/** ffmpeg's Opus at 20 ms a packet. */
async function transcode(path: string): Promise<Buffer[]> {
  const format = ['-vn', '-ac', '1', '-ar', '48000', '-c:a', 'libopus', '-b:a', '32k', '-frame_duration', '20'];
  const ogg = await runFfmpeg(['-i', path, ...format, '-f', 'ogg', 'pipe:1']);
  return readOpusPackets(ogg);
}

/** Runs `ffmpeg` from the PATH. @returns its standard output. Throws with its last words. */
async function runFfmpeg(args: readonly string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`ffmpeg failed (${code}): ${complaint.trim().slice(-300)}`);
  return Buffer.concat(out);
}
