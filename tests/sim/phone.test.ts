import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPages, phonePages } from '../../ops/setup/pages.ts';
import { tone } from '../../ops/sim/audio/sound.ts';
import { createPhoneApi } from '../../ops/sim/line/api.ts';
import { PhoneBox } from '../../ops/sim/line/box.ts';
import { BusinessLeg, callAction, graph } from './support/business.ts';
import { aSetting, closeSetting, must, nextOffer, type Setting } from './support/setting.ts';

type Context = {
  setting: Setting;
  browser: Browser;
  context: BrowserContext;
  page: Page;
  leg: BusinessLeg;
  folder: string;
};
const phone = suite<Context>('sim phone page');
const maya = '15550100001';

phone.before(async (context) => {
  await buildPages(phonePages, () => undefined);
  context.setting = await aSetting();
  const { sim } = context.setting;
  sim.customer(maya, { name: 'Maya Fischer' });
  sim.app.use('/phone', createPhoneApi(sim, await PhoneBox.start(sim.relay.worker, '127.0.0.1', '127.0.0.1')));
  context.folder = mkdtempSync(join(tmpdir(), 'sim-phone-'));
  const microphone = join(context.folder, 'microphone.wav');
  const sine = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=20', '-ar', '48000'];
  execFileSync('ffmpeg', ['-loglevel', 'error', ...sine, microphone]);
  context.browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      '--autoplay-policy=no-user-gesture-required',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
    ],
  });
});
phone.after(async ({ browser, setting, folder }) => {
  await browser.close();
  await closeSetting(setting);
  rmSync(folder, { recursive: true });
});
phone.before.each(async (context) => {
  context.leg = new BusinessLeg();
  context.context = await context.browser.newContext({ viewport: { width: 390, height: 844 } });
  context.page = await context.context.newPage();
  context.page.setDefaultTimeout(8000);
  await context.page.goto(`${context.setting.sim.url}/phone/`);
  await context.page.getByText('Maya Fischer').click();
});
phone.after.each(async ({ leg, context, setting }) => {
  for (const call of setting.sim.calls.all) call.hangUp();
  await leg.close();
  await context.close();
});

const state = (page: Page, value: string): Promise<void> =>
  page.locator(`[data-testid=call-screen][data-state=${value}]`).waitFor();
/** The page hears something louder than a breath. */
const hearsSomething = (page: Page): Promise<unknown> =>
  page.waitForFunction(`Number(document.querySelector('[data-testid=call-screen]')?.dataset.level) > 0.1`);

async function measured(leg: BusinessLeg): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    const { dominantHz, levelDbfs } = await leg.heard.measure({ lastMs: 400 });
    if (dominantHz !== null && Math.abs(dominantHz - 440) < 5 && levelDbfs > -40) return;
    await leg.hears(100);
  }
  throw new Error(`the microphone's tone did not come: ${JSON.stringify(await leg.heard.measure({ lastMs: 400 }))}`);
}

phone(
  'a person calls from the page, the business accepts, and both hear each other',
  async ({ setting, page, leg }) => {
    const { sim, inbox } = setting;
    await page.getByTestId('call').click();
    await state(page, 'dialling');
    const call = sim.calls.all.at(-1)!;
    const sdp = await leg.answer(await nextOffer(inbox, call.id));
    const session = { sdp_type: 'answer', sdp };
    must(await callAction(sim, { action: 'pre_accept', call_id: call.id, session }));
    await state(page, 'ringing-there');
    must(await callAction(sim, { action: 'accept', call_id: call.id, session }));
    await leg.connected();
    await leg.play(tone(700));
    await state(page, 'live');
    await hearsSomething(page);
    await measured(leg);
    await page.getByTestId('mute').click();
    await leg.untilSilent();
    await page.getByTestId('hang-up').click();
    await page.getByTestId('call-screen').waitFor({ state: 'detached' });
    assert.is(call.facts().ending!.by, 'customer');
  },
);

phone('the business asks, the person allows it, and answers its call on the page', async ({ setting, page, leg }) => {
  const { sim, inbox, number } = setting;
  await page.getByText('Switchboard Demo').first().click();
  await page.getByPlaceholder('Message').fill('Please call me');
  await page.getByRole('button', { name: 'Send' }).click();
  const text = await inbox.next('text');
  assert.is(text.item.text.body, 'Please call me');
  const interactive = {
    type: 'call_permission_request',
    action: { name: 'call_permission_request' },
    body: { text: 'May we call you?' },
  };
  must(
    await graph(sim, `${number}/messages`, {
      messaging_product: 'whatsapp',
      to: maya,
      type: 'interactive',
      interactive,
    }),
  );
  await page.getByTestId('accept').click();
  await inbox.next('call_permission_reply');
  await page.getByText('May call you for a week').waitFor();

  const offer = { sdp_type: 'offer', sdp: await leg.offer() };
  const dialled = must(await callAction(sim, { action: 'connect', to: maya, session: offer }));
  const id = dialled.body.calls[0].id;
  await state(page, 'ringing-here');
  await leg.applyAnswer(await nextOffer(inbox, id));
  await leg.connected();
  await leg.play(tone(700));
  await page.getByTestId('accept-call').click();
  await state(page, 'live');
  await hearsSomething(page);
  await measured(leg);

  // Loaded again, the page is in its call again.
  await page.reload();
  await state(page, 'live');
  await hearsSomething(page);
  must(await callAction(sim, { action: 'terminate', call_id: id }));
  await page.getByTestId('call-screen').waitFor({ state: 'detached' });
});

phone('the person declines', async ({ setting, page, leg }) => {
  const { sim, inbox, number } = setting;
  sim.customer(maya).grants(number);
  const offer = { sdp_type: 'offer', sdp: await leg.offer() };
  must(await callAction(sim, { action: 'connect', to: maya, session: offer }));
  await state(page, 'ringing-here');
  await page.getByTestId('decline').click();
  await inbox.next('REJECTED');
  await page.getByTestId('call-screen').waitFor({ state: 'detached' });
});

phone.run();
