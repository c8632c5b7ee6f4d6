import type { Log } from '../../ops/runtime/log.ts';
import type { CallEvent } from '../call/events.ts';
import { every } from '../clock.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId, DeskId, NodeId } from '../contract/ids.ts';
import { mediaNodeBeatMs } from '../contract/media.ts';
import type { Ports } from '../ports.ts';
import type { Database } from '../store/database.ts';

/** As often as nodes beat. */
const lookEveryMs = mediaNodeBeatMs;
/**
 * Gone for so long while it was looked for: the card has been out of date for 6 s when it goes, and a
 * Redis that lost its data has every card back after one beat.
 */
const missingMs = 2 * mediaNodeBeatMs;

type Parts = {
  database: Database;
  ports: Pick<Ports, 'clock' | 'media' | 'notifier'>;
  log: Log;
  apply: (callId: CallId, event: CallEvent) => Promise<unknown>;
};
type InProgress = {
  id: CallId;
  node_id: NodeId | null;
  desk_id: DeskId | null;
  /** The leg was made and has not been lost, as far as we know. */
  has_leg: boolean;
};

/**
 * Notices what nobody can tell any more: the node of a call, or the desk of its handler, is gone together
 * with the process that would have said so. Each gateway looks; the machine takes the first word.
 */
export function createWatch({ database, ports, log, apply }: Parts): () => Promise<void> {
  const { clock, media, notifier } = ports;
  const missingSince = new Map<string, number>();

  /** Has this been missing at every look, for long enough? */
  function isLost(id: string, isThere: boolean): boolean {
    if (isThere) {
      missingSince.delete(id);
      return false;
    }
    const since = missingSince.get(id) ?? clock.now();
    missingSince.set(id, since);
    return clock.now() - since >= missingMs;
  }

  async function look(): Promise<void> {
    const { rows } = await database.pool.query<InProgress>(
      `SELECT id, node_id, CASE WHEN state #>> '{handler,presence}' = 'here' THEN handler_desk_id END AS desk_id,
              state #>> '{path,step}' NOT IN ('opening', 'lost') AS has_leg
         FROM calls WHERE phase <> 'ended'`,
    );
    const fresh = new Set((await media.nodes()).map(({ nodeId }) => nodeId));
    const desks = new Set(rows.map(({ desk_id }) => desk_id).filter((id) => id !== null));
    const connected = new Map(
      await Promise.all([...desks].map(async (id) => [id, await notifier.isDeskConnected(id)] as const)),
    );
    const lostNodes = lost(
      rows.map(({ node_id }) => node_id),
      (id) => fresh.has(id),
    );
    const lostDesks = lost([...desks], (id) => connected.get(id) === true);
    forget(new Set<string | null>(rows.flatMap(({ node_id, desk_id }) => [node_id, desk_id])));

    for (const { id, desk_id: deskId } of rows) {
      if (deskId !== null && lostDesks.has(deskId)) await tell(id, { type: 'deskLost', at: clock.now(), deskId });
    }
    await Promise.all(
      [...lostNodes].map((nodeId) =>
        visit(
          nodeId,
          rows.filter(({ node_id }) => node_id === nodeId),
        ),
      ),
    );
  }

  /** One call that cannot be stepped must not keep the others from being told. */
  const tell = (id: CallId, event: CallEvent): Promise<unknown> =>
    apply(id, event).catch((error: unknown) =>
      log.error({ callId: id, event: event.type, error }, 'a loss was not taken in'),
    );

  /**
   * A card only says whether a node reaches Redis. One that answers us has its audio, although its events are
   * late: so each leg is asked for, and only a node that does not answer either is lost.
   */
  async function visit(nodeId: NodeId, calls: readonly InProgress[]): Promise<void> {
    log.warn({ nodeId, calls: calls.length }, 'a media node is missing in the registry');
    for (const { id: callId, has_leg: hasLeg } of calls) {
      const found = await media.command(nodeId, 'leg:stats', { callId }).then(
        () => 'leg',
        (error: unknown) => (error instanceof Fault ? error.code : 'server/internal'),
      );
      const at = clock.now();
      if (found === 'media/unavailable') {
        for (const { id } of calls) await tell(id, { type: 'nodeLost', at });
        return;
      }
      // Its node would have told us how it went down: most often the customer hung up.
      if (found === 'media/not-found' && hasLeg) await tell(callId, { type: 'legLost', at, cause: 'dtls-closed' });
    }
  }

  function lost<T extends string>(ids: readonly (T | null)[], isThere: (id: T) => boolean): Set<T> {
    const unique = new Set(ids.filter((id) => id !== null));
    return new Set([...unique].filter((id) => isLost(id, isThere(id))));
  }
  function forget(known: ReadonlySet<string | null>): void {
    for (const id of missingSince.keys()) if (!known.has(id)) missingSince.delete(id);
  }

  return every(clock, lookEveryMs, () =>
    look().catch((error: unknown) => {
      // Whoever cannot look knows nothing: nobody is missing by that.
      missingSince.clear();
      log.warn({ error: String(error) }, 'nodes and desks not looked after');
    }),
  );
}
