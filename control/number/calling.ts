import type { Log } from '../../ops/runtime/log.ts';
import { Fault } from '../contract/fault.ts';
import type { NumberId } from '../contract/ids.ts';
import type { NumberView } from '../contract/views.ts';
import type { Caller } from '../control.ts';
import type { CarrierPort, ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import type { Numbers } from './numbers.ts';

export type CallingDeps = {
  readonly database: Database;
  readonly ports: {
    readonly carrier: Pick<CarrierPort, 'setCalling' | 'callingEnabled'>;
    readonly clock: ClockPort;
  };
  readonly numbers: Pick<Numbers, 'lineOf' | 'forget'>;
  readonly log: Log;
};

/** The numbers of a workspace, and whether they take part in calls. */
export type Calling = {
  list(caller: Caller): Promise<NumberView[]>;
  /**
   * Switches calling on or off at Meta, and saves what Meta says it is then: a switch that only we
   * believe in would promise calls that cannot come.
   * @throws Fault `number/not-found`, or Meta's refusal; nothing is saved then
   */
  setCalling(caller: Caller, numberId: NumberId, enabled: boolean): Promise<NumberView>;
};

type Row = {
  id: NumberId;
  display_number: string;
  label: string;
  calling_enabled: boolean;
  calling_enabled_since: Date | null;
};
const columns = 'id, display_number, label, calling_enabled, calling_enabled_since';

const viewOf = (row: Row): NumberView => ({
  id: row.id,
  displayNumber: row.display_number,
  label: row.label,
  callingEnabled: row.calling_enabled,
  callingEnabledSince: row.calling_enabled_since?.toISOString() ?? null,
});

export function createCalling({ database, ports, numbers, log }: CallingDeps): Calling {
  const { carrier, clock } = ports;
  return {
    async list({ user }) {
      const { rows } = await database.pool.query<Row>(
        `SELECT ${columns} FROM numbers WHERE workspace_id = $1 ORDER BY created_at, id`,
        [user.workspaceId],
      );
      return rows.map(viewOf);
    },

    async setCalling({ user }, numberId, enabled) {
      const { rows: own } = await database.pool.query('SELECT 1 FROM numbers WHERE workspace_id = $1 AND id = $2', [
        user.workspaceId,
        numberId,
      ]);
      if (!own[0]) throw new Fault('number/not-found', 'This number does not exist.');
      const line = await numbers.lineOf(numberId);
      await carrier.setCalling(line, enabled);
      const confirmed = await carrier.callingEnabled(line);
      const { rows } = await database.pool.query<Row>(
        `UPDATE numbers
            SET calling_enabled = $3,
                calling_enabled_since = CASE WHEN NOT $3 THEN NULL
                                             WHEN calling_enabled THEN coalesce(calling_enabled_since, $4)
                                             ELSE $4 END
          WHERE workspace_id = $1 AND id = $2 RETURNING ${columns}`,
        [user.workspaceId, numberId, confirmed, new Date(clock.now())],
      );
      numbers.forget();
      if (!rows[0]) throw new Fault('number/not-found', 'This number does not exist.');
      log.info({ numberId, userId: user.id, enabled, confirmed }, 'calling switched');
      if (confirmed !== enabled) {
        const state = confirmed ? 'on' : 'off';
        throw new Fault('carrier/unavailable', `WhatsApp took the change, yet says that calling is still ${state}.`, {
          retryable: true,
        });
      }
      return viewOf(rows[0]);
    },
  };
}
