import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { levelAt, levelOf, measureTone } from '../../ops/sim/audio/measure.ts';
import { opusHead, readOpusPackets, writeOgg } from '../../ops/sim/audio/ogg.ts';
import { Recording } from '../../ops/sim/audio/recording.ts';
import { file, loadSound, tone } from '../../ops/sim/audio/sound.ts';

const audio = suite('sim audio');

const sine = (hz: number, amplitude: number, seconds: number): Float32Array =>
  Float32Array.from({ length: 48_000 * seconds }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 48_000));

/** Plays the packets into a recording, slot by slot; a hole is a packet that never came. */
function recordingOf(packets: readonly (Uint8Array | null)[], firstTimestamp = 0): Recording {
  const recording = new Recording();
  for (const [slot, packet] of packets.entries()) {
    if (!packet) continue;
    const timestamp = (firstTimestamp + slot * 960) >>> 0;
    recording.add({ payload: Buffer.from(packet), timestamp, sequence: slot & 0xffff, at: 0 });
  }
  return recording;
}

const near = (actual: number | null, expected: number, tolerance: number): void => {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
};

for (const hz of [100, 440, 997.3, 3000]) {
  audio(`a sine of ${hz} Hz is measured within half a hertz`, () => {
    const heard = measureTone(sine(hz, 0.25, 1));
    near(heard.dominantHz, hz, 0.5);
    near(heard.levelDbfs, -12.04, 0.05);
    assert.ok(heard.purity > 0.99);
  });
}

audio('a sine at full scale is 0 dBFS', () => near(levelOf(sine(440, 1, 1)), 0, 0.01));

audio('the level of one frequency does not count the others', () => {
  const both = sine(440, 0.5, 1).map((sample, i) => sample + 0.05 * Math.sin((2 * Math.PI * 1000 * i) / 48_000));
  near(levelAt(both, 440), -6.02, 0.05);
  near(levelAt(both, 1000), -26.02, 0.1);
  assert.ok(levelAt(both, 700) < -60);
});

audio('silence has no frequency and no gaps', () => {
  assert.equal(measureTone(new Float32Array(48_000)), {
    seconds: 1,
    dominantHz: null,
    levelDbfs: -120,
    purity: 0,
    gaps: [],
  });
});

audio('a tone through Opus keeps frequency and level', async () => {
  const { packets } = (await loadSound(tone(440, -20)))!;
  const heard = await recordingOf(packets.slice(0, 100)).measure({ lastMs: 1000 });
  near(heard.dominantHz, 440, 1);
  near(heard.levelDbfs, -20, 0.5);
  assert.equal(heard.packets, 100);
});

audio('packets that never came are a gap of their length, also where timestamps wrap', async () => {
  const { packets } = (await loadSound(tone(440)))!;
  const holed = [...packets.slice(0, 50), ...Array.from({ length: 10 }, () => null), ...packets.slice(50, 100)];
  const heard = await recordingOf(holed, 0xffff_ffff - 20 * 960).measure();
  near(heard.seconds, 2.2, 0.001);
  assert.is(heard.gaps.length, 1);
  near(heard.gaps[0]!.atMs, 1000, 20);
  near(heard.gaps[0]!.ms, 200, 20);
});

audio('a tone loops without a click', async () => {
  const { packets } = (await loadSound(tone(440)))!;
  const heard = await recordingOf([...packets, ...packets.slice(0, 50)]).measure({ lastMs: 2000 });
  assert.ok(heard.purity > 0.99, `purity ${heard.purity}`);
});

audio('what is recorded is an Ogg/Opus file that ffmpeg reads, and files of other kinds can be played', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sim-audio-'));
  try {
    const { packets } = (await loadSound(tone(500)))!;
    const ogg = join(folder, 'heard.ogg');
    await recordingOf(packets.slice(0, 100)).save(ogg);
    const wav = join(folder, 'heard.wav');
    execFileSync('ffmpeg', ['-loglevel', 'error', '-i', ogg, '-ar', '16000', wav]);
    const played = (await loadSound(file(wav)))!;
    const heard = await recordingOf(played.packets).measure();
    near(heard.dominantHz, 500, 1);
    near(heard.seconds, 2, 0.1);
    assert.not(played.loop);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

audio('an Ogg file gives back its packets, long ones too', () => {
  const packets = [1, 254, 255, 256, 600, 3].map((length) => Buffer.alloc(length, length % 251));
  const ogg = writeOgg(packets);
  assert.equal(opusHead(ogg), { channels: 1 });
  assert.equal(readOpusPackets(ogg).map(String), packets.map(String));
  assert.is(opusHead(Buffer.from('RIFF....WAVE')), undefined);
});

audio.run();
