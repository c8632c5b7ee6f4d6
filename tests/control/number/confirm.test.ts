import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../../control/contract/fault.ts';
import { aWorld, type World } from '../support/a-control.ts';

const confirm = suite<{ world: World }>('what Meta says of a number');

confirm.before.each(async (context) => {
  context.world = await aWorld();
});
confirm.after.each(async ({ world }) => world[Symbol.asyncDispose]());

const number = async (world: World) =>
  (await world.database.pool.query('SELECT display_number, label, calling_enabled FROM numbers')).rows[0];

confirm('is known when control is ready', async ({ world }) => {
  assert.is((await number(world)).calling_enabled, true);
});

confirm('is asked for until it answers, and its words are used', async ({ world }) => {
  let answers = false;
  world.carrier.port.describe = async () => {
    if (!answers) throw new Fault('carrier/unavailable', 'Not now.');
    return { displayNumber: '+1 631-555-3601', name: 'Northwind' };
  };
  const pass = () => world.clock.pass(700_000);
  pass();
  answers = true;
  await world.signal.until('the name', async () => {
    world.clock.pass(5000);
    return (await number(world)).display_number === '+1 631-555-3601';
  });
  assert.is((await number(world)).label, 'Northwind');
});

confirm.run();
