import { parseArgs } from 'node:util';
import { Fault } from '../../control/contract/fault.ts';
import { World } from '../../tests/support/world.ts';
import { figure, type Figure } from './statistics.ts';

/**
 * The accept race: so many desks with open lines accept the same ringing call at the same moment. One wins;
 * the others are told that they lost, and to whom. Real gateway, Postgres, Redis and media node.
 *
 *     node ops/bench/race.ts [--desks 200] [--rounds 10] [--json]
 */
const { values } = parseArgs({
  options: {
    desks: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '10' },
    json: { type: 'boolean' },
  },
});
const size = Number(values.desks);

await using world = await World.start({ environment: { LOG_LEVEL: 'warn' } });
const first = await world.desk();
const desks = [first];
while (desks.length < size) desks.push(await first.another());

const told: number[] = [];
const won: number[] = [];
const winners: number[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  const call = await world.sim
    .customer(String(15_550_700_000 + round))
    .call(world.sim.phoneNumberId, { record: false });
  const views = await Promise.all(
    desks.map(async (desk) => desk.until('it rings', (view) => view.phase === 'ringing', 30_000)),
  );
  const callId = views[0]!.id;
  let wins = 0;
  await Promise.all(
    desks.map(async (desk) => {
      const clicked = performance.now();
      try {
        await desk.ask('call:accept', { callId });
        won.push(performance.now() - clicked);
        wins += 1;
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'call/already-claimed')) throw error;
        told.push(performance.now() - clicked);
      }
    }),
  );
  winners.push(wins);
  call.hangUp();
  await Promise.all(
    desks.map(async (desk) => desk.until('it is over', (view) => view.id === callId && view.phase === 'ended', 30_000)),
  );
}
for (const desk of desks) await desk[Symbol.asyncDispose]();

const figures: Figure[] = [
  figure(`accept race of ${size}: a loser is told`, 'ms', told, { at: 'p99', most: 100 }),
  figure(`accept race of ${size}: the winner has the call`, 'ms', won),
  figure(
    `accept race of ${size}: winners a round, less one`,
    'desks',
    winners.map((wins) => Math.abs(wins - 1)),
    {
      at: 'p99',
      most: 0,
    },
  ),
];
if (values.json) console.log(JSON.stringify(figures));
else console.table(figures);
