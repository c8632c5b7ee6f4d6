import { setTimeout as pause } from 'node:timers/promises';
import { findCalls, type CallRecord } from '../call/record.ts';
import type { Applied, Runner } from '../call/runner.ts';
import type { Person } from '../call/states.ts';
import type { CallId } from '../contract/ids.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { RaceLost, type Claims } from './claim.ts';
import { alreadyClaimed, refusalOf } from './refusal.ts';

type Parts = { claims: Claims; runner: Runner; clock: ClockPort; database: Database };
type PickUp = (callId: CallId, by: Person) => Promise<Applied>;

/** How often, and how long apart, a loser looks for the winner: a step takes a few ms. */
const looks = 15;
const lookEveryMs = 10;

/**
 * A person's click on Accept. The one who wins has the call when this returns; Meta is told right behind.
 * @throws Fault `call/already-claimed` with the winner's name, `call/not-ringing`, `call/over`, `call/busy`
 */
export function createPickup({ claims, runner, clock, database }: Parts): PickUp {
  // Those who click at this gateway while somebody is ahead of them wait for how that ends: two hundred
  // clicks are one question to Redis and one to Postgres.
  const races = new Map<CallId, Promise<Person | null>>();

  async function attempt(callId: CallId, by: Person): Promise<Applied> {
    try {
      return await claims.claim(callId, async (fence) => {
        const applied = await runner.apply(callId, { type: 'pickedUp', at: clock.now(), by, fence });
        if (applied.ignored && !isHeldBy(by, applied.record)) throw new Refused(applied.record, 'by the machine');
        return applied;
      });
    } catch (error) {
      if (error instanceof RaceLost) throw new Refused(await findWinner(callId), 'in the race');
      throw error;
    }
  }

  /** The call as the winner at another gateway leaves it; as it is, if that one does not get it after all. */
  async function findWinner(callId: CallId): Promise<CallRecord | undefined> {
    for (let look = 1; ; look += 1) {
      const [record] = await findCalls(database.pool, 'c.id = $1', [callId]);
      if (!record || look === looks || record.state.phase === 'ended' || handlerOf(record)) return record;
      await pause(lookEveryMs);
    }
  }

  return async (callId, by) => {
    for (let ahead = races.get(callId); ahead; ahead = races.get(callId)) {
      const winner = await ahead;
      if (winner?.deskId === by.deskId) break;
      if (winner) throw alreadyClaimed(winner.name);
      // Nobody won: the one who was ahead may be in another call.
    }
    const attempted = attempt(callId, by);
    const race = attempted
      .then(({ record }) => handlerOf(record), winnerIn)
      .finally(() => {
        if (races.get(callId) === race) races.delete(callId);
      });
    races.set(callId, race);
    try {
      return await attempted;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { record, where } = error;
      const isTold = record && (where === 'by the machine' || handlerOf(record) || record.state.phase === 'ended');
      throw isTold ? refusalOf(record.state, by, 'accept') : alreadyClaimed(null);
    }
  };
}

/** This person does not get the call; the call as it was then. */
class Refused extends Error {
  readonly record: CallRecord | undefined;
  readonly where: 'by the machine' | 'in the race';
  constructor(record: CallRecord | undefined, where: Refused['where']) {
    super(`refused ${where}`);
    this.record = record;
    this.where = where;
  }
}

const winnerIn = (error: unknown): Person | null =>
  error instanceof Refused && error.record ? handlerOf(error.record) : null;

/** Who has the call. One who is gone has it no more: it is offered. */
const handlerOf = ({ state }: CallRecord): Person | null =>
  (state.phase === 'claimed' || state.phase === 'live') && state.handler.presence !== 'gone' ? state.handler : null;

/** A second click of the one who has it already is no mistake. */
const isHeldBy = (by: Person, record: CallRecord): boolean => handlerOf(record)?.deskId === by.deskId;
