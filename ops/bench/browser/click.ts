import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDecoder } from 'libopus-wasm';
import { buildPages, consolePages } from '../../setup/pages.ts';
import type { Call } from '../../sim/meta/call.ts';
import { tone } from '../../sim/audio/sound.ts';
import { openOperator, signIn } from '../../../tests/support/browser.ts';
import { admin } from '../../../tests/support/product.ts';
import { World } from '../../../tests/support/world.ts';
import { figure, type Figure } from '../statistics.ts';

/**
 * From the operator's click on Accept to the first RTP packet with the operator's voice at Meta's relay, less
 * the time that Graph took over accept. All clocks are this machine's. Comfort noise does not count: each
 * packet is decoded, and the first one that is loud is the operator's tone.
 *
 *     node ops/bench/browser/click.ts [--calls 30] [--json]
 */
const { values } = parseArgs({ options: { calls: { type: 'string', default: '30' }, json: { type: 'boolean' } } });
const calls = Number(values.calls);
/** About what Graph takes over accept from Europe; the bench takes it off again. */
const graphMs = 80;
const loud = 0.02;

await buildPages(consolePages, () => undefined);
await using world = await World.start();
world.sim.graph.delay('accept', graphMs);
await using operator = await openOperator(world.product.url);
const { page } = operator;
await signIn(page, admin);
await page.evaluate(() => {
  addEventListener(
    'click',
    (event) => {
      const button = (event.target as Element).closest('[data-testid=accept]');
      if (button) document.documentElement.dataset['clickedAt'] = String(performance.timeOrigin + event.timeStamp);
    },
    true,
  );
});

async function firstVoice(call: Call): Promise<number> {
  const decoder = await createDecoder({ channels: 1, sampleRate: 48_000 });
  const heard = Promise.withResolvers<number>();
  const stop = call.leg.hear(({ payload, at }) => {
    if (decoder.decodeFloat(payload).some((sample) => Math.abs(sample) > loud)) heard.resolve(at);
  });
  return heard.promise.finally(() => {
    stop();
    decoder.free();
  });
}

const samples: { total: number; own: number; graph: number; firstPacket: number }[] = [];
for (let i = 0; i < calls; i += 1) {
  const customer = world.sim.customer(String(15_550_600_000 + i), { name: `Caller ${i}` });
  const call = await customer.call(world.sim.phoneNumberId, { play: tone(660) });
  const voice = firstVoice(call);
  const accept = page.getByTestId('incoming-call').getByTestId('accept');
  await accept.waitFor();
  // As in life: some seconds of ringing, in which pre_accept, ICE and DTLS are done.
  while (call.facts().media.dtls.connectedAt === null) await pause(20);
  const graphBefore = world.sim.graphRequests.length;
  await accept.click();
  const at = await voice;
  const clicked = Number(await page.evaluate(() => document.documentElement.dataset['clickedAt']));
  const graph = world.sim.graphRequests.slice(graphBefore).find((request) => request.kind === 'accept')?.ms ?? graphMs;
  const firstPacket = (call.facts().times.firstRtp ?? at) - clicked - graph;
  samples.push({ total: at - clicked, own: at - clicked - graph, graph, firstPacket });
  call.hangUp();
  await call.until('ended');
  await page.locator('[data-testid=oncall-panel]:not([data-phase=over])').waitFor({ state: 'detached' });
}

const figures: Figure[] = [
  figure(
    'click to first operator RTP at Meta, less Graph',
    'ms',
    samples.map(({ own }) => own),
    { at: 'p95', most: 150 },
  ),
  figure(
    'click to first RTP of any kind at Meta, less Graph',
    'ms',
    samples.map(({ firstPacket }) => firstPacket),
  ),
  figure(
    'Graph accept, as the stand-in measured it',
    'ms',
    samples.map(({ graph }) => graph),
  ),
];
if (values.json) console.log(JSON.stringify(figures));
else console.table(figures);
