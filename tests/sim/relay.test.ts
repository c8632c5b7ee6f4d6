import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nothing, tone } from '../../ops/sim/audio/sound.ts';
import type { Call } from '../../ops/sim/meta/call.ts';
import { BusinessLeg, callAction } from './support/business.ts';
import { accept, aSetting, closeSetting, must, nextOffer, type Setting } from './support/setting.ts';

const relay = suite<{ setting: Setting; others: Setting[]; legs: BusinessLeg[] }>('sim relay');

relay.before(async (context) => {
  context.setting = await aSetting();
});
relay.before.each((context) => {
  context.legs = [];
  context.others = [];
});
relay.after.each(async ({ legs, others }) => {
  for (const leg of legs) await leg.close();
  for (const other of others) await closeSetting(other);
});
relay.after(({ setting }) => closeSetting(setting));

let people = 0;
const nextCustomer = (): string => `1555020${String((people += 1)).padStart(4, '0')}`;
const near = (actual: number | null, expected: number, tolerance: number): void => {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
};

relay('a customer calls, the business accepts, and both hear the tone of the other', async ({ setting, legs }) => {
  const { sim, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number, { play: tone(440, -18) });
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  await leg.play(tone(1000, -12));
  await call.untilHeard(1500);
  const customers = await call.heard({ lastMs: 1000 });
  near(customers.dominantHz, 1000, 2);
  near(customers.levelDbfs, -12, 1);
  const businesss = await leg.heard.measure({ lastMs: 800 });
  near(businesss.dominantHz, 440, 2);
  near(businesss.levelDbfs, -18, 1);
  const facts = call.facts();
  assert.ok(facts.times.firstRtp! > facts.times.acceptReplied!);
  assert.ok(facts.times.iceNominated! < facts.times.dtlsConnected!);
  assert.equal(facts.media.toBusiness.discontinuities, []);
  assert.equal(facts.media.toBusiness.ssrcs.length, 1);
  call.hangUp();
});

for (const setup of ['passive', 'active', 'actpass'] as const) {
  relay(`the business calls, Meta answers setup:${setup}, the customer picks up, both hear`, async (context) => {
    const { setting, legs } = context;
    const { sim, inbox, number } = setting;
    sim.calls.answerSetup = setup;
    const customer = sim.customer(nextCustomer());
    customer.grants(number);
    const leg = new BusinessLeg();
    legs.push(leg);
    const offer = { sdp_type: 'offer', sdp: await leg.offer() };
    const dialled = must(await callAction(sim, { action: 'connect', to: customer.card.waId, session: offer }));
    const call = await customer.incoming();
    assert.equal(dialled.body.calls, [{ id: call.id }]);
    const answer = await nextOffer(inbox, call.id);
    assert.ok(answer.includes(`a=setup:${setup}\r\n`));
    // The unlawful actpass is read as passive by who is wise.
    await leg.applyAnswer(answer.replace('setup:actpass', 'setup:passive'));
    await leg.connected();
    await call.play(tone(500));
    call.answer();
    await leg.play(tone(700));
    await call.untilHeard(1000);
    near((await call.heard({ lastMs: 500 })).dominantHz, 700, 2);
    near((await leg.heard.measure({ lastMs: 500 })).dominantHz, 500, 2);
    call.hangUp();
  });
}

relay('RTP before the 200 of accept is flagged: the phone would have started its timer', async ({ setting, legs }) => {
  const { sim, inbox, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number);
  const leg = new BusinessLeg();
  legs.push(leg);
  const sdp = await leg.answer(await nextOffer(inbox, call.id));
  const session = { sdp_type: 'answer', sdp };
  must(await callAction(sim, { action: 'pre_accept', call_id: call.id, session }));
  await leg.connected();
  await leg.play(tone(440));
  await call.untilHeard(100);
  assert.equal(call.facts().flags.includes('timer-started-early'), true);
  assert.is(call.phase, 'ringing');
  must(await callAction(sim, { action: 'accept', call_id: call.id, session }));
  assert.ok(call.facts().times.firstRtp! < call.facts().times.acceptReplied!);
  call.hangUp();
});

relay('Meta sends nothing before it has valid media of the business', async ({ setting, legs }) => {
  const { sim, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number, { play: tone(440) });
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  await call.until('live');
  assert.is(call.say(Buffer.alloc(10)), undefined);
  assert.is(call.facts().media.toBusiness.packets, 0);
  await leg.play(tone(440));
  await call.untilHeard(300);
  assert.ok(call.facts().media.toBusiness.packets > 5);
  call.hangUp();
});

relay('a call without any media is ended after the start time with 138021, said twice', async ({ legs, others }) => {
  const setting = await aSetting({ timing: { startWatchdogMs: 700 } });
  others.push(setting);
  const { sim, inbox, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number);
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  await call.until('ended', 3000);
  const { times, ending } = call.facts();
  assert.ok(times.ended! - times.live! >= 690, `${times.ended! - times.live!}`);
  assert.equal(ending, {
    by: 'media-watchdog',
    status: 'FAILED',
    durationSeconds: ending!.durationSeconds,
    errorCode: 138021,
  });
  await sim.webhooks.idle();
  const { item, change } = inbox.received.findLast((one) => one.kind === 'terminate' && one.item.id === call.id)!;
  assert.is(item.status, 'FAILED');
  assert.ok(item.start_time && item.end_time);
  assert.is(item.errors[0].code, 138021);
  assert.equal(change.value['errors'], item.errors);
});

relay('a call that falls silent is ended after the mid-call time', async ({ legs, others }) => {
  const setting = await aSetting({ timing: { midWatchdogMs: 900 } });
  others.push(setting);
  const { sim, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number, { play: nothing });
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  await leg.play(tone(440));
  await call.untilHeard(200);
  await leg.close();
  await call.until('ended', 3000);
  const { times, media, ending } = call.facts();
  assert.is(ending!.errorCode, 138021);
  const alive = Math.max(media.fromBusiness.lastAt!, times.live!);
  assert.ok(times.ended! - alive >= 880, `${times.ended! - alive}`);
});

const faults: [what: string, spoil: (leg: BusinessLeg) => void, kinds: string[]][] = [
  ['a lost packet', (leg) => ((leg.sequence += 1), (leg.timestamp += 960)), ['sequence-gap']],
  ['a sequence number that jumps back', (leg) => (leg.sequence -= 30), ['sequence-back']],
  ['a timestamp that jumps ahead', (leg) => (leg.timestamp += 48_000), ['timestamp-gap']],
  ['a timestamp that jumps back', (leg) => (leg.timestamp -= 4800), ['timestamp-back']],
];
for (const [what, spoil, kinds] of faults) {
  relay(`${what} is noticed`, async ({ setting, legs }) => {
    const { sim, number } = setting;
    const call = await sim.customer(nextCustomer()).call(number);
    const { leg } = await accept(setting, call.id);
    legs.push(leg);
    for (let i = 0; i < 10; i += 1) leg.send(Buffer.alloc(40, 0xf8));
    await call.untilHeard(20);
    spoil(leg);
    for (let i = 0; i < 3; i += 1) leg.send(Buffer.alloc(40, 0xf8));
    leg.sequence += kinds[0] === 'sequence-back' ? 27 : 0;
    await seen(call, 13);
    const found = call.facts().media.fromBusiness.discontinuities.map((one) => one.kind);
    assert.equal([...new Set(found)], kinds);
    call.hangUp();
  });
}

relay('an unbroken stream has no discontinuity, also where its counters wrap', async ({ setting, legs }) => {
  const { sim, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number);
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  leg.sequence = 0xffff - 5;
  leg.timestamp = 0xffff_ffff - 5 * 960;
  for (let i = 0; i < 20; i += 1) leg.send(Buffer.alloc(40, 0xf8));
  await seen(call, 20);
  assert.equal(call.facts().media.fromBusiness.discontinuities, []);
  call.hangUp();
});

relay('pressed keys come as payload type 126 on the one SSRC, and the audio goes on', async ({ setting, legs }) => {
  const { sim, number } = setting;
  const call = await sim.customer(nextCustomer()).call(number, { play: tone(440) });
  const { leg } = await accept(setting, call.id);
  legs.push(leg);
  await leg.play(tone(300));
  await call.untilHeard(300);
  call.pressKeys('1');
  await call.untilHeard(600);
  const { toBusiness } = call.facts().media;
  assert.equal(toBusiness.payloadTypes, [111, 126]);
  assert.is(toBusiness.ssrcs.length, 1);
  assert.equal(toBusiness.discontinuities, []);
  assert.throws(() => call.pressKeys('x'), /not a key/);
  call.hangUp();
});

/** Waits until so many packets have reached the relay. */
async function seen(call: Call, packets: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (call.facts().media.fromBusiness.packets >= packets) resolve();
  };
  const stop = call.tap(look);
  const timer = setTimeout(() => reject(new Error('the packets did not come')), 3000);
  look();
  await promise.finally(stop);
  clearTimeout(timer);
}

relay.run();
