import { mock } from 'node:test';
import { createDecoder } from 'libopus-wasm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import { createId } from '../../control/contract/ids.ts';
import { aNode, type ANode } from './support/a-node.ts';
import { FakeDesk } from './support/fake-desk.ts';
import { FakeRelay, relayWorker, type Heard } from './support/fake-relay.ts';
import { failAfter, forMs, until, within } from './support/wait.ts';

type Context = ANode & { world: Awaited<ReturnType<typeof relayWorker>> };
const calls = suite<Context>('a media node');
const done = failAfter(120_000);

calls.before(async (context) => {
  Object.assign(context, await aNode({ workers: 2, atEase: 0 }), { world: await relayWorker() });
});
calls.after(async ({ node, world }) => {
  await node.close();
  world.worker.close();
  done();
});

/** A customer calls, and the leg to the relay is up; the gate is still shut. */
async function inbound({ node, world, saw }: Context) {
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const { sdp } = await node.commands['leg:answer']({ callId, offer: relay.offer() });
  await relay.takeAnswer(sdp);
  await saw('leg-connected', callId);
  return { relay, callId, sdp };
}

/** Every packet carries its own number, so that it is known again at the other end. */
function numbered(kind: number): () => Buffer {
  let n = 0;
  return () => {
    const payload = Buffer.alloc(40, kind);
    payload.writeUInt32BE((n += 1), 4);
    return payload;
  };
}
const isOf = (kind: number) => (heard: Heard) => heard.payload.length === 40 && heard.payload[0] === kind;

/** Sequence numbers without a gap, timestamps that never stand still; returns the number of packets. */
function assertUnbroken(heard: readonly Heard[]): void {
  for (const [i, packet] of heard.entries()) {
    const before = heard[i - 1];
    if (!before) continue;
    assert.is(packet.seq, (before.seq + 1) & 0xffff, `packet ${i} follows the one before`);
    const ticks = (packet.ts - before.ts) >>> 0;
    assert.is(ticks, 960, `packet ${i} moves on by ${ticks}`);
    assert.is(packet.ssrc, before.ssrc);
  }
}

calls('carries a call in both directions, on one unbroken line', async (context) => {
  const { node, saw, world } = context;
  const { relay, callId } = await inbound(context);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce();
  await desk.listen(callId);
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  desk.talk(numbered(7));
  relay.talk(numbered(9));
  await saw('desk-heard', callId);
  await until(3000, 'speech at the relay', () => relay.heard.filter(isOf(7)).length > 50);
  await until(3000, 'speech at the desk', () => desk.heard.length > 50);
  assert.is(desk.heard[10]?.[0], 9);
  await saw('rtp-started', callId);
  assertUnbroken(relay.heard);
  const speech = relay.heard.filter(isOf(7));
  assert.ok(speech[0]?.marker, 'the first packet of speech is marked');
  assert.not.ok(speech[5]?.marker);
  const stats = await node.commands['leg:stats']({ callId });
  assert.ok(stats.packetsFromCustomer > 50 && stats.packetsFromDesk > 50 && stats.gateOpen);
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('sends no RTP before the gate opens, and comfort noise from then on', async (context) => {
  const { node } = context;
  const { relay, callId } = await inbound(context);
  relay.talk(numbered(9)); // even while Meta already sends
  await forMs(300);
  assert.is(relay.heard.length, 0);
  const before = performance.now();
  await node.commands['leg:open-gate']({ callId });
  await until(1000, 'the first packet', () => relay.heard.length > 0);
  assert.ok((relay.heard[0]?.at ?? 0) - before < 100);
  assert.ok(relay.heard[0]?.marker);
  await until(3000, 'a second of noise', () => relay.heard.length >= 50);
  assertUnbroken(relay.heard);
  const took = (relay.heard.at(-1)?.at ?? 0) - (relay.heard[0]?.at ?? 0);
  assert.ok(took > 900 && took < 1200, `50 packets took ${took} ms`);
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('fills a silence with noise that decodes to about -64 dBFS', async (context) => {
  const { node } = context;
  const { relay, callId } = await inbound(context);
  await node.commands['leg:open-gate']({ callId });
  await until(3000, 'noise', () => relay.heard.length >= 40);
  const decoder = await createDecoder({ sampleRate: 16_000, channels: 1 });
  const pcm = relay.heard.slice(0, 40).map((heard) => decoder.decodeFloat(heard.payload));
  const levels = pcm.slice(5).map((frame) => {
    const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length;
    return 10 * Math.log10(power + 1e-12);
  });
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  assert.ok(mean > -68 && mean < -59, `mean ${mean} dBFS`);
  assert.ok(Math.max(...levels) < -55, `loudest ${Math.max(...levels)} dBFS`);
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('stays on one line through handover, mute, loss of the desk and its return', async (context) => {
  const { node, saw, world, events } = context;
  const { relay, callId } = await inbound(context);
  const anna = await FakeDesk.open(node.commands, world.router, createId('desk'));
  const ben = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await anna.produce();
  await ben.produce();
  await node.commands['leg:open-gate']({ callId });
  anna.talk(numbered(1));
  ben.talk(numbered(2));
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: anna.id } });
  await until(3000, 'anna', () => relay.heard.filter(isOf(1)).length > 20);
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: ben.id } });
  await until(3000, 'ben', () => relay.heard.filter(isOf(2)).length > 20);
  ben.hush(); // muted: the browser sends nothing
  const muted = relay.heard.length;
  await until(3000, 'noise while ben is muted', () => relay.heard.length > muted + 20);
  ben.talk(numbered(3));
  await until(3000, 'ben again', () => relay.heard.filter(isOf(3)).length > 20);
  assert.not.ok(events.some((event) => event.type === 'desk-lost' && event.callId === callId));

  ben.leave(); // the tab is closed
  await saw('desk-lost', callId);
  const lost = relay.heard.length;
  await until(3000, 'noise without a desk', () => relay.heard.length > lost + 20);
  const again = await FakeDesk.open(node.commands, world.router, ben.id); // reloaded: the same desk
  await again.produce();
  again.talk(numbered(4));
  await until(3000, 'ben after the reload', () => relay.heard.filter(isOf(4)).length > 20);
  assert.is(events.filter((e) => e.type === 'desk-heard' && e.callId === callId && e.deskId === ben.id).length, 2);

  await node.commands['leg:feed']({ callId, source: { kind: 'comfort' } });
  const over = relay.heard.length;
  await until(3000, 'noise at the end', () => relay.heard.length > over + 10);
  assert.not.ok(relay.heard.slice(over + 3).some(isOf(4)));
  assertUnbroken(relay.heard);
  await node.commands['leg:close']({ callId });
  anna.leave();
  again.leave();
  relay.close();
});

calls('shows losses of the microphone to the far decoder as gaps', async (context) => {
  const { node, world, saw } = context;
  const { relay, callId } = await inbound(context);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce();
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  desk.talk(numbered(5));
  await saw('desk-heard', callId);
  desk.hush();
  desk.say(Buffer.alloc(40, 6), 2);
  await until(2000, 'the packet after the loss', () => relay.heard.some(isOf(6)));
  const at = relay.heard.findIndex(isOf(6));
  const [before, after] = relay.heard.slice(at - 1, at + 1) as [Heard, Heard];
  assert.is((after.seq - before.seq) & 0xffff, 3);
  assert.is((after.ts - before.ts) >>> 0, 3 * 960);
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('notices a desk that vanished without a word', async (context) => {
  const { node, world, saw } = context;
  const { relay, callId } = await inbound(context);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce();
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  desk.talk(numbered(6));
  await saw('desk-heard', callId);
  desk.vanish();
  await saw('desk-lost', callId, 8000);
  assertUnbroken(relay.heard);
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('counts a desk as lost when its microphone is gone, and as heard when it is back', async (context) => {
  const { node, world, saw, events } = context;
  const { relay, callId } = await inbound(context);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce();
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  desk.talk(numbered(6));
  await saw('desk-heard', callId);
  await node.commands['desk:stop-producing']({ deskId: desk.id });
  await saw('desk-lost', callId);
  await desk.produce();
  const heard = (): number => events.filter((e) => e.type === 'desk-heard' && e.callId === callId).length;
  await until(3000, 'the desk is heard again', () => heard() === 2);
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

for (const role of ['active', 'passive', 'actpass'] as const) {
  calls(`places a call that Meta answers with setup:${role}`, async (context) => {
    const { node, world, saw } = context;
    const relay = await FakeRelay.open(world.router);
    const callId = createId('call');
    const { sdp } = await node.commands['leg:offer']({ callId });
    assert.match(sdp, 'a=setup:actpass');
    const answer = await relay.answerTo(sdp, role);
    await node.commands['leg:apply-answer']({ callId, answer });
    const { iceMs, dtlsMs } = await saw('leg-connected', callId);
    assert.ok(iceMs <= dtlsMs);
    await node.commands['leg:open-gate']({ callId });
    await until(2000, 'noise', () => relay.heard.length > 5);
    await node.commands['leg:apply-answer']({ callId, answer }); // sent again: nothing changes
    await node.commands['leg:close']({ callId });
    relay.close();
  });
}

calls('answers a repeated command as it answered the first one', async (context) => {
  const { node, world } = context;
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const offer = relay.offer();
  const [one, two] = await Promise.all([
    node.commands['leg:answer']({ callId, offer }),
    node.commands['leg:answer']({ callId, offer }),
  ]);
  assert.is(one.sdp, two.sdp);
  assert.is((await node.commands['leg:answer']({ callId, offer })).sdp, one.sdp);
  await node.commands['leg:close']({ callId });
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('finds the customer’s stream by its first packet when the offer names no SSRC', async (context) => {
  const { node, world, saw } = context;
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const offer = relay.offer((sdp) => sdp.replace(/a=ssrc:.*\r\n/, ''));
  const { sdp } = await node.commands['leg:answer']({ callId, offer });
  await relay.takeAnswer(sdp);
  await saw('leg-connected', callId);
  await node.commands['leg:open-gate']({ callId });
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  const listening = desk.listen(callId);
  relay.talk(numbered(8));
  await within(3000, 'desk:listen', listening);
  await until(3000, 'the customer at the desk', () => desk.heard.length > 10);
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('hears a customer whose packets carry another SSRC than announced', async (context) => {
  const { node, world, saw } = context;
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const { sdp } = await node.commands['leg:answer']({
    callId,
    offer: relay.offer((text) => text.replace(/a=ssrc:\d+/, 'a=ssrc:4711')),
  });
  await relay.takeAnswer(sdp);
  await saw('leg-connected', callId);
  await node.commands['leg:open-gate']({ callId });
  relay.talk(numbered(8));
  const heard = async (): Promise<number> => (await node.commands['leg:stats']({ callId })).packetsFromCustomer;
  await until(3000, 'the customer’s first packet', async () => (await heard()) > 0);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.listen(callId);
  await until(3000, 'the customer at the desk', () => desk.heard.length > 10);
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('says after 3 s that the customer is silent, and that we are heard', async (context) => {
  const { node, saw, events } = context;
  const { relay, callId } = await inbound(context);
  relay.talk(() => Buffer.from([0x58, 0, 0])); // encoded silence
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:watch']({ callId });
  const missing = await saw('rtp-missing', callId);
  assert.is(missing.direction, 'from-customer');
  assert.is(missing.cause, 'silence');
  assert.is(events.filter((event) => event.type === 'rtp-missing' && event.callId === callId).length, 1);
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('names a desk whose media never reaches us, though comfort noise does reach the customer', async (context) => {
  const { node, world, saw } = context;
  const { relay, callId } = await inbound(context);
  relay.talk(numbered(9));
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce(); // and says nothing
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:watch']({ callId });
  const missing = await saw('rtp-missing', callId);
  assert.is(missing.direction, 'to-customer');
  assert.is(missing.cause, 'no-packets');
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('finds no fault with a muted desk', async (context) => {
  const { node, world, events } = context;
  const { relay, callId } = await inbound(context);
  relay.talk(numbered(9));
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  await desk.produce();
  await node.commands['leg:feed']({ callId, source: { kind: 'desk', deskId: desk.id } });
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:watch']({ callId });
  await node.commands['leg:feed']({ callId, source: { kind: 'comfort' } }); // muted
  await forMs(3200); // the watchdog looks after 3 s
  assert.not.ok(events.some((event) => event.type === 'rtp-missing' && event.callId === callId));
  await node.commands['leg:close']({ callId });
  desk.leave();
  relay.close();
});

calls('names the lack of ICE when nobody answers its checks', async (context) => {
  const { node, world, saw, events } = context;
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  await node.commands['leg:answer']({
    callId,
    offer: relay.offer((sdp) => sdp.replace(/a=ice-pwd:\S+/, 'a=ice-pwd:F6/jjqL0/8/Dzluc0IoZEQ==')),
  });
  await node.commands['leg:open-gate']({ callId });
  await node.commands['leg:watch']({ callId });
  await saw('rtp-missing', callId);
  const causes = events.filter((event) => event.type === 'rtp-missing' && event.callId === callId);
  assert.equal(
    causes.map((event) => event.type === 'rtp-missing' && event.cause),
    ['no-ice', 'no-ice'],
  );
  await node.commands['leg:close']({ callId });
  relay.close();
});

calls('reports a certificate that is not the announced one', async (context) => {
  const { node, world, saw } = context;
  const relay = await FakeRelay.open(world.router);
  const callId = createId('call');
  const forged = relay.offer((sdp) => sdp.replace(/sha-256 ..:..:..:../, 'sha-256 00:11:22:33'));
  const { sdp } = await node.commands['leg:answer']({ callId, offer: forged });
  await relay.takeAnswer(sdp);
  assert.is((await saw('leg-lost', callId)).cause, 'dtls-failed');
  await until(
    1000,
    'the leg is closed',
    async () => (await node.commands['leg:stats']({ callId }).catch(() => undefined)) === undefined,
  );
  relay.close();
});

calls('reports that the far end said goodbye', async (context) => {
  const { relay, callId } = await inbound(context);
  relay.close();
  assert.is((await context.saw('leg-lost', callId)).cause, 'dtls-closed');
});

calls('reports the legs of a worker that was killed, and takes new calls after it', async (context) => {
  const { node, saw, world } = context;
  const { callId, relay } = await inbound(context);
  const desk = await FakeDesk.open(node.commands, world.router, createId('desk'));
  const pids = node.workers.map((worker) => worker.worker.pid);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  assert.is((await saw('leg-lost', callId)).cause, 'worker-died');
  await until(5000, 'new workers', () => node.workers.length === pids.length);
  relay.close();
  desk.vanish();
  const next = await inbound(context);
  await node.commands['leg:open-gate']({ callId: next.callId });
  await until(2000, 'noise', () => next.relay.heard.length > 5);
  await node.commands['leg:close']({ callId: next.callId });
  next.relay.close();
});

calls('refuses what it does not have, with a sentence', async ({ node }) => {
  const callId = createId('call');
  const deskId = createId('desk');
  const refusals: [string, Promise<unknown>][] = [
    ['media/not-found', node.commands['leg:open-gate']({ callId })],
    ['media/not-found', node.commands['desk:produce']({ deskId, rtpParameters: {} })],
    ['media/bad-sdp', node.commands['leg:answer']({ callId, offer: 'hello' })],
  ];
  for (const [code, asked] of refusals) {
    const error = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, Fault);
    assert.is((error as Fault).code, code);
  }
  assert.is(node.legs, 0);
});

calls('closes a desk that never connects, keeps one that does, and lets the id open again', async ({ world }) => {
  const { node } = await aNode({ portMin: 45_600, deskAbandonedMs: 1000 });
  try {
    const deskId = createId('desk');
    const load = (): number => node.workers.reduce((sum, worker) => sum + worker.load, 0);
    const connected = await FakeDesk.open(node.commands, world.router, createId('desk'));
    await node.commands['desk:open']({ deskId });
    assert.is(load(), 2);
    await until(3000, 'the desk is gone', () => load() === 1 && node.desks === 1);
    const again = await FakeDesk.open(node.commands, world.router, deskId);
    await again.produce();
    assert.is(load(), 2);
    connected.leave();
    again.leave();
  } finally {
    await node.close();
  }
});

calls('gives up an offer that nobody answers and nobody closes', async () => {
  const { node, events } = await aNode({ portMin: 45_800 });
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await node.commands['leg:offer']({ callId: createId('call') });
    mock.timers.tick(149_000);
    assert.is(events.length, 0);
    mock.timers.tick(1000);
    assert.equal(
      events.map((event) => event.type === 'leg-lost' && event.cause),
      ['ice-failed'],
    );
  } finally {
    mock.timers.reset();
  }
  await until(1000, 'its place is free', () => node.legs === 0);
  await node.close();
});

calls('takes no more calls than its capacity', async () => {
  const { node } = await aNode({ capacity: 1, portMin: 45_500 });
  await node.commands['leg:offer']({ callId: createId('call') });
  try {
    await node.commands['leg:offer']({ callId: createId('call') });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Fault).code, 'media/no-capacity');
  } finally {
    await node.close();
  }
});

calls.run();
