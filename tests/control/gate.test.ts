import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createGate } from '../../control/gate.ts';

const gate = suite('a gate');

/** Work that ends when it is told to, and the order in which it began. */
function works() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async (): Promise<void> => {
    begun.push(name);
    const end = Promise.withResolvers<void>();
    ends.set(name, end.resolve);
    await end.promise;
  };
  return { begun, work, end: (name: string) => ends.get(name)?.() };
}
// Every step of a gate is a promise that is resolved already; a turn of the loop is behind all of them.
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

gate('lets no more in than it has places, the urgent ones first', async () => {
  const { begun, work, end } = works();
  const door = createGate(1);
  const all = [door.through(false, work('a')), door.through(false, work('b')), door.through(true, work('urgent'))];
  await settled();
  assert.equal(begun, ['a']);
  end('a');
  await settled();
  assert.equal(begun, ['a', 'urgent']);
  end('urgent');
  await settled();
  end('b');
  await Promise.all(all);
  assert.equal(begun, ['a', 'urgent', 'b']);
});

gate('keeps places free for the urgent, however many others wait', async () => {
  const { begun, work, end } = works();
  const door = createGate(3, 1);
  const others = [door.through(false, work('a')), door.through(false, work('b'))];
  await settled();
  assert.equal(begun, ['a']);
  const urgent = [door.through(true, work('x')), door.through(true, work('y')), door.through(true, work('z'))];
  await settled();
  assert.equal(begun, ['a', 'x', 'y']);
  end('a');
  await settled();
  assert.equal(begun, ['a', 'x', 'y', 'z']);
  for (const name of ['x', 'y', 'z']) end(name);
  await settled();
  end('b');
  await Promise.all([...others, ...urgent]);
});

gate('lets the next one in when one fails', async () => {
  const door = createGate(1);
  const failing = door.through(false, async () => {
    throw new Error('broken');
  });
  const next = door.through(false, async () => 'in');
  assert.is(await failing.catch((error: unknown) => (error as Error).message), 'broken');
  assert.is(await next, 'in');
});

gate.run();
