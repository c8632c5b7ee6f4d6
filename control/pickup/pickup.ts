import { findCalls, type CallRecord } from '../call/record.ts';
import type { Applied, Runner } from '../call/runner.ts';
import type { Person } from '../call/states.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import { alreadyClaimed, type Claims } from './claim.ts';
import { refusalOf } from './refusal.ts';

type Parts = {
  claims: Claims;
  runner: Runner;
  clock: ClockPort;
  database: Database;
};

/**
 * A person's click on Accept. The one who wins has the call when this returns; Meta is told right behind.
 * @throws Fault `call/already-claimed`, `call/not-ringing`, `call/over`, `call/busy`
 */
export function createPickup({
  claims,
  runner,
  clock,
  database,
}: Parts): (callId: CallId, by: Person) => Promise<Applied> {
  return async (callId, by) => {
    try {
      return await claims.claim(callId, by.name, async (fence) => {
        const applied = await runner.apply(callId, { type: 'pickedUp', at: clock.now(), by, fence });
        if (applied.ignored && !holds(applied.record, by)) throw refusalOf(applied.record.state, by, 'accept');
        return applied;
      });
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'call/already-claimed') || error.details) throw error;
      // The winner's name was not to be had in the moment of the race.
      const [record] = await findCalls(database.pool, 'c.id = $1', [callId]);
      const handler = record && 'handler' in record.state ? record.state.handler : null;
      throw handler ? alreadyClaimed(handler.name) : error;
    }
  };
}

/** A second click of the one who has it already is no mistake. */
const holds = ({ state }: CallRecord, by: Person): boolean =>
  (state.phase === 'claimed' || state.phase === 'live') && state.handler.deskId === by.deskId;
