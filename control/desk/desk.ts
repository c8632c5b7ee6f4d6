import { assertMay } from '../account/policy.ts';
import type { Runner } from '../call/runner.ts';
import type { RequestName } from '../contract/desk.ts';
import type { Control, DeskCaller } from '../control.ts';
import type { Permissions } from '../permission/permissions.ts';
import type { Claims } from '../pickup/claim.ts';
import { createPickup } from '../pickup/pickup.ts';
import type { Ports } from '../ports.ts';
import type { Database } from '../store/database.ts';
import type { Placement } from '../watch/placement.ts';
import { createDeskCalls } from './calls.ts';
import { createDial } from './dial.ts';
import { createDeskMedia } from './media.ts';
import { createSnapshot, type IceServer } from './snapshot.ts';

export type DeskParts = {
  readonly database: Database;
  readonly ports: Pick<Ports, 'clock' | 'media'>;
  readonly runner: Runner;
  readonly claims: Claims;
  readonly placement: Placement;
  readonly permissions: Permissions;
  readonly dialMs: number;
  readonly iceServers: readonly IceServer[];
};

/** Every request of a desk, each after a look at who may ask. */
export function createDesk(parts: DeskParts): Control['desk'] {
  const { database, ports, runner, claims, placement, permissions, dialMs, iceServers } = parts;
  const { clock, media } = ports;
  const pickUp = createPickup({ database, clock, claims, runner });
  return guarded({
    'desk:snapshot': createSnapshot({ database, media, iceServers }),
    ...createDeskMedia({ database, media }),
    ...createDeskCalls({ database, clock, runner, pickUp }),
    'call:dial': createDial({ database, clock, runner, placement, permissions, dialMs }),
  });
}

type AnyHandler = (caller: DeskCaller, ask: unknown) => Promise<unknown>;

/** Nothing is done before the policy has been asked, whoever adds a request. */
function guarded(desk: Control['desk']): Control['desk'] {
  const entries = (Object.entries(desk) as [RequestName, AnyHandler][]).map(([name, handle]) => [
    name,
    async (caller: DeskCaller, ask: unknown): Promise<unknown> => {
      assertMay(caller, name);
      return handle(caller, ask);
    },
  ]);
  return Object.fromEntries(entries) as Control['desk'];
}
