import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PortPool } from '../../../media/sfu/ports.ts';

const ports = suite('the port pool');

ports('hands out every port once before it comes round, and passes over taken ones', async () => {
  const taken = await new PortPool(45_401, 45_401).bind(4, '127.0.0.1');
  const pool = new PortPool(45_400, 45_403);
  const first = await pool.bind(4, '127.0.0.1');
  const second = await pool.bind(4, '127.0.0.1');
  assert.is(first.address().port, 45_400);
  assert.is(second.address().port, 45_402);
  first.close();
  const third = await pool.bind(4, '127.0.0.1');
  assert.is(third.address().port, 45_403);
  for (const socket of [taken, second, third]) socket.close();
});

ports('says so when all are taken, and when the address is not ours', async () => {
  const pool = new PortPool(45_404, 45_404);
  const only = await pool.bind(4, '127.0.0.1');
  const failure = async (bind: Promise<unknown>): Promise<string | undefined> =>
    bind.then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
  assert.is(await failure(pool.bind(4, '127.0.0.1')), 'EADDRINUSE');
  assert.is(await failure(pool.bind(4, '203.0.113.77')), 'EADDRNOTAVAIL');
  only.close();
});

ports.run();
