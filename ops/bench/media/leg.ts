import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createId } from '../../../control/contract/ids.ts';
import type { MediaCommands } from '../../../media/media-node.ts';
import { FakeDesk } from '../../../tests/media/support/fake-desk.ts';
import { FakeRelay, relayWorker } from '../../../tests/media/support/fake-relay.ts';
import { freePort } from '../../../tests/support/product.ts';
import { freshRedis } from '../../../tests/support/services.ts';
import { figure, type Figure } from '../statistics.ts';
import { childrenOf, cpuMs } from './cpu.ts';
import { openFarPath } from './far-path.ts';

/**
 * What a live operator call costs on a media node, and how long a packet stays in it: real legs to a lite relay, real desks,
 * 50 packets a second each way. The node is a process of its own; the far ends share this one and a worker.
 * The latency through the bench's own parts is measured at the same time over a path without the node and taken off.
 *
 *     node ops/bench/media/leg.ts [calls = 50] [seconds = 10] [--json]
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const calls = Number(positionals[0] ?? 50);
const seconds = Number(positionals[1] ?? 10);
const port = await freePort();

const redis = await freshRedis();
const media = spawn(process.execPath, ['media/main.ts'], {
  env: {
    ...process.env,
    REDIS_URL: redis.url,
    MEDIA_URL: `http://127.0.0.1:${port}`,
    MEDIA_TOKEN: 'bench',
    MEDIA_PORT_MIN: '44600',
    MEDIA_PORT_MAX: '45499',
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const pid = media.pid ?? 0;
for (;;) {
  const up = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  if (up?.ok) break;
  await pause(50);
}

// The commands over HTTP, with the face that the fake desk knows.
const commands = new Proxy({} as MediaCommands, {
  get: (_, name: string) => async (ask: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}/commands/${name}`, {
      method: 'POST',
      headers: { authorization: 'Bearer bench' },
      body: JSON.stringify(ask),
    });
    const reply: unknown = await response.json();
    if (!response.ok) throw new Error(`${name}: ${JSON.stringify(reply)}`);
    return reply;
  },
});

const speechBytes = 60; // 20 ms at about 24 kbit/s
const stamped = (): Buffer => {
  const payload = Buffer.alloc(speechBytes, 3);
  payload.writeDoubleBE(performance.now(), 8);
  return payload;
};
let measuring = false;
const note = (into: number[]) => (payload: Buffer) => {
  if (measuring && payload.length === speechBytes && payload[0] === 3) {
    into.push(performance.now() - payload.readDoubleBE(8));
  }
};
const toCustomer: number[] = [];
const toDesk: number[] = [];
const without: number[] = [];

const { worker, router } = await relayWorker();
const talkers: (() => void)[] = [];
for (let i = 0; i < calls; i += 1) {
  const relay = await FakeRelay.open(router);
  const callId = createId('call');
  const { sdp } = await commands['leg:answer']({ callId, offer: relay.offer() });
  await relay.takeAnswer(sdp);
  const desk = await FakeDesk.open(commands, router, createId('desk'));
  await desk.produce();
  await desk.listen(callId);
  await commands['leg:open-gate']({ callId });
  await commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  relay.on('rtp', ({ payload }) => note(toCustomer)(payload));
  desk.on('rtp', note(toDesk));
  talkers.push(() => {
    desk.say(stamped());
    relay.say(stamped());
  });
}
for (let i = 0; i < 3; i += 1) {
  const path = await openFarPath(router, note(without));
  talkers.push(() => path.say(stamped()));
}

const pids = [pid, ...childrenOf(pid)];
// Talkers are spread over the 20 ms, as calls are.
const beats: NodeJS.Timeout[] = [];
for (const [i, talk] of talkers.entries()) {
  setTimeout(() => beats.push(setInterval(talk, 20)), (i * 20) / talkers.length);
}
await pause(2000);
measuring = true;
const busy = await costOf(seconds);
measuring = false;

const each = (ms: number[]): number[] => ms.map((spent) => (spent / (seconds * 1000) / calls) * 100);
const [node = 0, ...workers] = each(busy);
// A bench that cannot keep its own pace says nothing about the node: better no figure than a wrong one.
const arrived = Math.min(toCustomer.length, toDesk.length) / (calls * seconds * 50);
if (arrived < 0.9) {
  console.error(
    `Only ${Math.round(arrived * 100)} % of the packets were on time for ${calls} calls: this machine is too busy.`,
  );
  media.kill('SIGKILL');
  process.exit(75);
}
const base = figure('latency of the bench itself', 'ms', without);
const results: Figure[] = [
  figure(`cpu a call, node, ${calls} calls`, '% of a core', [node]),
  figure(`cpu a call, workers, ${calls} calls`, '% of a core', [workers.reduce((sum, one) => sum + one, 0)]),
  figure(`cpu a live operator call, ${calls} calls`, '% of a core', [each(busy).reduce((sum, one) => sum + one, 0)], {
    at: 'p50',
    most: 0.6,
  }),
  base,
  figure(
    'latency desk to customer, bench taken off',
    'ms',
    toCustomer.map((ms) => ms - base.p50),
    { at: 'p50', most: 3 },
    { at: 'p99', most: 15 },
  ),
  figure(
    'latency customer to desk, bench taken off',
    'ms',
    toDesk.map((ms) => ms - base.p50),
    { at: 'p50', most: 3 },
    { at: 'p99', most: 15 },
  ),
];
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else console.table(results);

for (const beat of beats) clearInterval(beat);
worker.close();
media.kill('SIGKILL');
await once(media, 'exit');
await redis.close();
process.exit(0);

/** CPU that the node and each of its workers use in so many seconds, ms. */
async function costOf(duration: number): Promise<number[]> {
  const before = pids.map(cpuMs);
  await pause(duration * 1000);
  return pids.map((one, i) => cpuMs(one) - (before[i] ?? 0));
}
