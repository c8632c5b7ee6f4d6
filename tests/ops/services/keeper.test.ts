import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Keeper, type Running } from '../../../ops/services/keeper.ts';

const keeper = suite('keeper');

type Life = Running & { end(reason: string): void; readonly isClosed: () => boolean };

function aLife(isHopeless = false): Life {
  const ended = Promise.withResolvers<string>();
  let closed = false;
  return {
    ended: ended.promise,
    isHopeless: () => isHopeless,
    end: ended.resolve,
    isClosed: () => closed,
    async close() {
      closed = true;
      ended.resolve('closed');
    },
  };
}

/** Hands out prepared lives (or failures to start) one after the other, and notes what is told. */
function aWorld(...lives: (Life | Error)[]) {
  const told: string[] = [];
  const back = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<void>();
  return {
    told,
    back: back.promise,
    givenUp: givenUp.promise,
    launch: async (): Promise<Running> => {
      const next = lives.shift();
      if (next === undefined) throw new Error('started too often');
      if (next instanceof Error) throw next;
      return next;
    },
    events: {
      onDown: (name: string, reason: string, again: number) =>
        void told.push(`${name} down: ${reason}, again in ${again}`),
      onBack(name: string) {
        told.push(`${name} back`);
        back.resolve();
      },
      onGivenUp(name: string, reason: string) {
        told.push(`${name} given up: ${reason}`);
        givenUp.resolve();
      },
    },
  };
}

keeper('starts again what ended, and waits longer when it does not come up', async () => {
  const [first, second] = [aLife(), aLife()];
  const world = aWorld(first, new Error('port taken'), second);
  const kept = await Keeper.start('media', world.launch, world.events);
  first.end('signal SIGKILL');
  await world.back;
  assert.equal(world.told, [
    'media down: signal SIGKILL, again in 500',
    'media down: port taken, again in 1000',
    'media back',
  ]);
  await kept.close();
  assert.ok(second.isClosed());
});

keeper('does not hide that the first start failed', async () => {
  const world = aWorld(new Error('no such file'));
  let message = '';
  await Keeper.start('gateway', world.launch, world.events).catch((error: Error) => (message = error.message));
  assert.is(message, 'no such file');
  assert.equal(world.told, []);
});

keeper('does not start again what ended because of its configuration', async () => {
  const life = aLife(true);
  const world = aWorld(life);
  await Keeper.start('gateway', world.launch, world.events);
  life.end('exit code 78');
  await world.givenUp;
  assert.equal(world.told, ['gateway given up: exit code 78']);
});

keeper('closes without a word while it runs, and while it waits to start again', async () => {
  const running = aLife();
  const calm = aWorld(running);
  await (await Keeper.start('sim', calm.launch, calm.events)).close();
  assert.ok(running.isClosed());
  assert.equal(calm.told, []);

  const ended = aLife();
  const world = aWorld(ended);
  const kept = await Keeper.start('sim', world.launch, world.events);
  ended.end('exit code 1');
  await ended.ended;
  await kept.close();
  assert.ok(world.told.every((line) => line.startsWith('sim down')));
});

keeper.run();
