import { Pool } from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import type { DeskCaller } from '../../control/control.ts';
import { anOffer, aWorld, type World } from './support/a-control.ts';

const lost = suite<{ world: World; admin: Pool }>('the database drops every connection again and again');

lost.before.each(async (context) => {
  context.world = await aWorld();
  // One connection, so that it can spare itself.
  context.admin = new Pool({ connectionString: context.world.databaseUrl, max: 1 });
});
lost.after.each(async ({ world, admin }) => {
  await admin.end();
  await world[Symbol.asyncDispose]();
});

/** A desk whose request failed asks again, as a person would. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Fault || tries > 50) throw error;
    }
  }
}

lost('no call is lost, and Meta is told everything once', async ({ world, admin }) => {
  const { control, carrier, media, clock } = world;
  const other = await world.another();
  const people: DeskCaller[] = [];
  for (let i = 0; i < 8; i += 1) people.push(await world.teammate(`Operator ${i}`));

  // Every few things that Meta or a media node is asked, in the middle of it.
  let asked = 0;
  const drop = async (): Promise<void> => {
    asked += 1;
    if (asked % 3 !== 0) return;
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  };
  for (const action of ['preAccept', 'accept', 'terminate'] as const) carrier.script[action] = drop;
  media.script['leg:feed'] = async () => {
    await drop();
    return {};
  };

  const ended = await Promise.all(
    people.map(async (caller, i) => {
      const phone = `49150000000${i}`;
      const offer = anOffer(clock, `wacid.${i}`);
      const payload = [{ ...offer, customer: { phone, userId: null, name: null } }];
      await again(() => control.receive([{ key: phone, payload }]));
      const state = (what: string) =>
        world.signal.until(`${what} ${i}`, async () => {
          clock.pass(5);
          const { rows } = await admin.query<{ id: never; state: { phase: string } }>(
            `SELECT c.id, c.state FROM calls c JOIN contacts ct ON ct.id = c.contact_id WHERE ct.phone = $1`,
            [phone],
          );
          return rows[0]?.state.phase === what && rows[0];
        });
      const { id: callId } = await state('ringing');
      const gateway = i % 2 === 0 ? control : other;
      await again(() => gateway.desk['call:accept'](caller, { callId }));
      await state('live');
      // The first try may have been stored although its answer was lost.
      await again(() => control.desk['call:hangup'](caller, { callId })).catch((error: unknown) => {
        if (!(error instanceof Fault && error.code === 'call/over')) throw error;
      });
      return state('ended');
    }),
  );
  assert.is(ended.length, 8);
  await world.signal.until('nothing left to do', async () => {
    clock.pass(200);
    return (await admin.query('SELECT 1 FROM outbox')).rowCount === 0;
  });
  assert.ok(asked >= 32);
  assert.equal([carrier.count('accept'), carrier.count('terminate')], [8, 8]);
});

lost.run();
