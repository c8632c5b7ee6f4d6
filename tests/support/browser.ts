import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const run = promisify(execFile);

export type Sound = { readonly hertz: number; readonly dbfs: number };

/** A Chromium of its own with a fake microphone that says a steady tone for ever. */
export type Operator = AsyncDisposable & {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
};

const chromiumPath = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium';

/**
 * Opens the console as an operator would, in a real headless Chromium.
 * `microphone` is the tone its fake microphone picks up (a Chromium has one for all of its pages);
 * `null` makes the browser refuse the microphone, as a person who clicked "Block".
 */
export async function openOperator(
  url: string,
  microphone: { hertz: number } | null = { hertz: 440 },
): Promise<Operator> {
  const folder = await mkdtemp(join(tmpdir(), 'switchboard-browser-'));
  const tone = join(folder, 'microphone.wav');
  const hertz = microphone?.hertz ?? 440;
  // 10 s at -12 dBFS; Chromium loops it. A whole number of periods, so that the loop does not click.
  await run('ffmpeg', [
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${hertz}:sample_rate=48000:duration=10`,
    '-af',
    'volume=6dB',
    '-ac',
    '1',
    tone,
  ]);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${tone}`,
      ...(microphone ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']),
      '--disable-features=WebRtcHideLocalIpsWithMdns',
    ],
  });
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  return {
    browser,
    context,
    page,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.goto('/');
  await page.getByTestId('login-email').fill(who.email);
  await page.getByTestId('login-password').fill(who.password);
  await page.getByTestId('login-submit').click();
  await page.getByTestId('login-submit').waitFor({ state: 'detached' });
}

/**
 * What the operator hears right now: the loudest frequency of the call's audio element and the level of
 * the whole signal. Measured from the stream with an analyser, since getStats' audioLevel stays 0 for a
 * muted element.
 */
export async function hears(page: Page): Promise<Sound> {
  return await page
    .getByTestId('remote-audio')
    .first()
    .evaluate(async (element) => {
      const stream = (element as HTMLAudioElement).srcObject as MediaStream | null;
      if (!stream) return { hertz: 0, dbfs: -Infinity };
      const context = new AudioContext();
      await context.resume();
      const source = context.createMediaStreamSource(stream);
      const analyser = context.createAnalyser();
      analyser.fftSize = 16_384;
      analyser.smoothingTimeConstant = 0;
      source.connect(analyser);
      // The analyser's window has to be full of sound before it is read: 16,384 samples.
      await new Promise((resolve) => {
        const timer = context.createConstantSource();
        timer.addEventListener('ended', resolve, { once: true });
        timer.start();
        timer.stop(context.currentTime + 16_384 / context.sampleRate + 0.05);
      });
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const loudest = bins.reduce((best, level, bin) => (level > (bins[best] ?? -Infinity) ? bin : best), 0);
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const hertz = (loudest * context.sampleRate) / analyser.fftSize;
      await context.close();
      return { hertz, dbfs: 10 * Math.log10(power) };
    });
}

/**
 * Listens until the tone is there and steady (two measurements in a row agree), since a window that the tone
 * began in tells too low a level. @throws when it does not come in time, with what came instead.
 */
export async function waitToHear(page: Page, hertz: number, timeoutMs = 10_000): Promise<Sound> {
  const until = performance.now() + timeoutMs;
  let before: Sound = { hertz: 0, dbfs: -Infinity };
  for (;;) {
    const sound = await hears(page).catch(() => ({ hertz: 0, dbfs: -Infinity }));
    const isTone = Math.abs(sound.hertz - hertz) < 15 && sound.dbfs > -40;
    if (isTone && Math.abs(sound.dbfs - before.dbfs) < 2) return sound;
    if (performance.now() > until) {
      const heard = `${sound.hertz.toFixed(0)} Hz at ${sound.dbfs.toFixed(0)} dBFS`;
      throw new Error(`waited ${timeoutMs} ms for ${hertz} Hz and heard ${heard}`);
    }
    before = sound;
  }
}
