import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CarrierEvent } from '../../../control/ports.ts';
import { anOffer, aWorld, phoneNumberId, type World } from '../support/a-control.ts';

const disorder = suite<{ world: World }>('webhooks in every order and number');

disorder.before.each(async (context) => {
  context.world = await aWorld();
});
disorder.after.each(async ({ world }) => world[Symbol.asyncDispose]());

const terminated = (world: World, change: object = {}): CarrierEvent => ({
  kind: 'call-terminated',
  carrierCallId: 'wacid.1',
  phoneNumberId,
  opaque: null,
  at: world.clock.now(),
  direction: 'inbound',
  failed: false,
  startedAt: null,
  endedAt: null,
  durationSeconds: null,
  error: null,
  customer: { phone: '16315553602', userId: null, name: 'Carla' },
  ...change,
});
const settled = (world: World) =>
  world.signal.until('everything applied', async () => {
    const { rowCount } = await world.database.pool.query(`SELECT 1 FROM webhook_inbox WHERE status = 'waiting'`);
    return rowCount === 0;
  });
const calls = async (world: World) =>
  (
    await world.database.pool.query<{ phase: string; disposition: string | null }>(
      'SELECT phase, disposition FROM calls',
    )
  ).rows;

disorder('an item that comes again is known', async ({ world }) => {
  const item = { key: 'the same', payload: [anOffer(world.clock, 'wacid.1')] };
  await Promise.all([world.control.receive([item, item]), world.control.receive([item])]);
  await world.control.receive([item]);
  await settled(world);
  assert.is((await calls(world)).length, 1);
  const { rows } = await world.database.pool.query(
    `SELECT count(*)::int AS count FROM call_events WHERE event ->> 'type' = 'offered'`,
  );
  assert.is(rows[0].count, 1);
});

disorder('a terminate before its offer: the call never rings, and is remembered', async ({ world }) => {
  await world.hear(terminated(world));
  await settled(world);
  await world.hear(anOffer(world.clock, 'wacid.1'));
  await settled(world);
  assert.equal(await calls(world), [{ phase: 'ended', disposition: 'abandoned' }]);
  assert.equal(world.media.names(), []);
});

disorder('two gateways hear the two ends of one call at the same moment: one call', async ({ world }) => {
  const other = await world.another();
  await Promise.all([
    world.control.receive([{ key: 'offer', payload: [anOffer(world.clock, 'wacid.1')] }]),
    other.receive([{ key: 'end', payload: [terminated(world)] }]),
  ]);
  await settled(world);
  await world.signal.until('the end', async () => (await calls(world))[0]?.phase === 'ended');
  assert.is((await calls(world)).length, 1);
});

disorder('an offer from the past does not ring', async ({ world }) => {
  const offer = { ...anOffer(world.clock, 'wacid.1'), at: world.clock.now() - 61_000 };
  await world.hear(offer);
  await settled(world);
  assert.equal(await calls(world), [{ phase: 'ended', disposition: 'missed' }]);
  assert.is(world.carrier.count('preAccept'), 0);
});

disorder('Meta’s duration counts, and a call that failed there says why', async ({ world }) => {
  const anna = await world.teammate('Anna');
  const { id: callId } = await world.ring();
  await world.control.desk['call:accept'](anna, { callId });
  await world.see(callId, 'live', ({ phase }) => phase === 'live');
  const talked = { startedAt: world.clock.now(), endedAt: world.clock.now() + 20_000, durationSeconds: 20 };
  await world.hear(terminated(world, { ...talked, failed: true, error: { code: 138_021, text: 'no media came' } }));
  const ended = await world.see(callId, 'ended', ({ phase }) => phase === 'ended');
  assert.equal([ended.disposition, ended.durationSeconds], ['failed', 20]);
  assert.match(ended.endReason ?? '', /no media came/);
});

disorder('a customer without a phone number is called by what Meta gives', async ({ world }) => {
  await world.hear({
    ...anOffer(world.clock, 'wacid.1'),
    customer: { phone: null, userId: 'US.13491', name: 'Dora' },
  } as CarrierEvent);
  const { call } = await world.signal.until('ringing', () => world.desks.of('call:changed')[0]);
  assert.equal([call.contact.name, call.contact.phone], ['Dora', null]);
});

disorder('several events in one item are all applied, and unknown ones do no harm', async ({ world }) => {
  await world.control.receive([
    { key: 'nothing', payload: [] },
    { key: 'two', payload: [anOffer(world.clock, 'wacid.1'), anOffer(world.clock, 'wacid.2')] },
  ]);
  await settled(world);
  assert.is((await calls(world)).length, 2);
});

disorder('an item for a number that is not ours is let go', async ({ world }) => {
  await world.hear({ ...anOffer(world.clock, 'wacid.1'), phoneNumberId: '999' });
  await settled(world);
  assert.equal(await calls(world), []);
});

disorder('an outbound call of another system is waited for a while and then let go', async ({ world }) => {
  await world.hear({
    kind: 'call-status',
    carrierCallId: 'wacid.foreign',
    phoneNumberId,
    opaque: 'theirs',
    at: world.clock.now(),
    status: 'ringing',
  });
  await world.signal.until('let go', async () => {
    world.clock.pass(1000);
    const { rows } = await world.database.pool.query(`SELECT status FROM webhook_inbox`);
    return rows[0]?.status !== 'waiting';
  });
  assert.equal(await calls(world), []);
});

disorder('an item that fails again and again is put aside with the reason, and holds nobody up', async ({ world }) => {
  const poison: CarrierEvent = {
    ...terminated(world, { customer: { phone: '4915112345678', userId: null, name: null } }),
    at: Number.NaN,
  };
  await world.hear(poison);
  await world.ring('wacid.2');
  await world.signal.until('put aside', async () => {
    world.clock.pass(5000);
    const { rows } = await world.database.pool.query(`SELECT status, error FROM webhook_inbox ORDER BY id LIMIT 1`);
    return rows[0]?.status === 'failed' && rows[0].error.length > 0;
  });
});

disorder.run();
