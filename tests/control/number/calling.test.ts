import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import type { Caller } from '../../../control/control.ts';
import { createCalling, type Calling } from '../../../control/number/calling.ts';
import { refusal } from '../support/refusal.ts';
import { aCaller, aNumber, aWorkspace, openWorld, type TestNumber, type World } from '../support/world.ts';

const calling = suite('calling of a number');
let world: World;
let service: Calling;
let anna: Caller;
let number: TestNumber;
let forgotten = 0;
calling.before(async () => {
  world = await openWorld();
  const numbers = { lineOf: world.lineOf, forget: () => void (forgotten += 1) };
  service = createCalling({ ...world, numbers });
});
calling.after(() => world.close());
calling.before.each(async () => {
  const workspaceId = await aWorkspace(world);
  anna = await aCaller(world, workspaceId, 'manager');
  number = await aNumber(world, workspaceId, { callingEnabled: false });
  world.carrier.calling = false;
});
const isOn = async (): Promise<boolean | undefined> => (await service.list(anna))[0]?.callingEnabled;

calling('calling is on when Meta says so, and since when', async () => {
  const view = await service.setCalling(anna, number.id, true);
  const since = new Date(world.clock.now()).toISOString();
  assert.is(view.callingEnabled, true);
  assert.is(view.callingEnabledSince, since);
  assert.ok(forgotten > 0, 'calls hear of it at once');
  world.clock.pass(60_000);
  assert.is((await service.setCalling(anna, number.id, true)).callingEnabledSince, since);
  assert.equal(await service.setCalling(anna, number.id, false), {
    ...view,
    callingEnabled: false,
    callingEnabledSince: null,
  });
});

calling('what Meta refuses is not saved', async () => {
  world.carrier.refuse('setCalling', new Fault('carrier/calling-disabled', 'Too small a messaging limit.'));
  await refusal(service.setCalling(anna, number.id, true), 'carrier/calling-disabled');
  assert.is(await isOn(), false);
});

calling('what Meta does not confirm is not saved either', async () => {
  world.carrier.refuse('callingEnabled', new Fault('carrier/unavailable', 'Later.'));
  await refusal(service.setCalling(anna, number.id, true), 'carrier/unavailable');
  assert.is(await isOn(), false);
});

calling('numbers of another workspace are not there', async () => {
  const stranger = await aCaller(world, await aWorkspace(world), 'admin');
  assert.equal(await service.list(stranger), []);
  const asked = world.carrier.asked.length;
  await refusal(service.setCalling(stranger, number.id, true), 'number/not-found');
  assert.is(world.carrier.asked.length, asked);
});

calling.run();
