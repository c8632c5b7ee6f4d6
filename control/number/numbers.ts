import { Fault } from '../contract/fault.ts';
import type { NumberId, WorkspaceId } from '../contract/ids.ts';
import type { CarrierLine, ClockPort } from '../ports.ts';
import type { Database } from '../store/database.ts';
import type { Seal } from '../store/seal.ts';

/** The label of a number that nobody has named yet. */
export const unnamed = 'WhatsApp';

export type StoredNumber = {
  readonly id: NumberId;
  readonly workspaceId: WorkspaceId;
  readonly phoneNumberId: string;
  readonly displayNumber: string;
  readonly label: string;
  readonly callingEnabled: boolean;
};

export type Numbers = {
  /** The number that a webhook is about, whosever it is. */
  byPhoneNumberId(phoneNumberId: string): Promise<StoredNumber | undefined>;
  /** @throws Fault `number/not-found` */
  byId(id: NumberId): Promise<StoredNumber>;
  /** What the carrier needs to speak for this number. Never logged. @throws Fault `number/not-found` */
  lineOf(id: NumberId): Promise<CarrierLine>;
  /** Something about a number was changed here. */
  forget(): void;
};

/** Every webhook and every command asks; what another gateway changes is known after this time. */
const memoryMs = 5000;

type Row = StoredNumber & { readonly sealedAccessToken: string };

/** The business numbers as calls need them. */
export function createNumbers({
  database,
  clock,
  seal,
}: {
  database: Database;
  clock: ClockPort;
  seal: Seal;
}): Numbers {
  const known = new Map<string, { readonly row: Promise<Row | undefined>; readonly until: number }>();

  function look(by: 'id' | 'phone_number_id', value: string): Promise<Row | undefined> {
    const key = `${by} ${value}`;
    const now = clock.now();
    const memory = known.get(key);
    if (memory && memory.until > now) return memory.row;
    const row = database.pool
      .query<Row>(
        `SELECT id, workspace_id AS "workspaceId", phone_number_id AS "phoneNumberId",
                display_number AS "displayNumber", label, calling_enabled AS "callingEnabled",
                sealed_access_token AS "sealedAccessToken"
           FROM numbers WHERE ${by} = $1`,
        [value],
      )
      .then(({ rows }) => rows[0]);
    known.set(key, { row, until: now + memoryMs });
    row.catch(() => known.delete(key));
    return row;
  }
  async function get(id: NumberId): Promise<Row> {
    const row = await look('id', id);
    if (!row) throw new Fault('number/not-found', 'This number does not exist.');
    return row;
  }

  return {
    byPhoneNumberId: (phoneNumberId) => look('phone_number_id', phoneNumberId),
    byId: get,
    async lineOf(id) {
      const { phoneNumberId, sealedAccessToken } = await get(id);
      return { phoneNumberId, accessToken: seal.open(sealedAccessToken) };
    },
    forget: () => known.clear(),
  };
}
