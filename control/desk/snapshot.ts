import { findCalls, type CallRecord } from '../call/record.ts';
import { viewOf } from '../call/view.ts';
import type { NodeId } from '../contract/ids.ts';
import type { Control, DeskCaller } from '../control.ts';
import type { MediaPort } from '../ports.ts';
import type { Database } from '../store/database.ts';

export type IceServer = { urls: string | string[]; username?: string | undefined; credential?: string | undefined };
type Parts = { database: Database; media: Pick<MediaPort, 'nodes'>; iceServers: readonly IceServer[] };

/** The whole picture, for a desk that has just connected. */
export function createSnapshot({ database, media, iceServers }: Parts): Control['desk']['desk:snapshot'] {
  /** Where the next call will most likely be. Nobody is refused a picture because no node can be asked. */
  async function roomiest(): Promise<NodeId | null> {
    const cards = await media.nodes().catch(() => []);
    const [best] = cards
      .filter(({ draining }) => !draining)
      .toSorted((a, b) => b.capacity - b.legs - (a.capacity - a.legs));
    return best?.nodeId ?? null;
  }

  return async (caller) => {
    const calls = await findCalls(database.pool, `c.workspace_id = $1 AND c.phase <> 'ended' ORDER BY c.started_at`, [
      caller.user.workspaceId,
    ]);
    const back = calls.find((call) => isToReturnTo(call, caller));
    return {
      user: caller.user,
      calls: calls.map(viewOf),
      returnTo: back?.id ?? null,
      nodeId: back?.state.nodeId ?? (await roomiest()),
      iceServers: iceServers.map(({ urls, username, credential }) => ({
        urls,
        ...(username !== undefined && { username }),
        ...(credential !== undefined && { credential }),
      })),
    };
  };
}

/** Its own call; or its person's, if that one's desk is lost: a new computer takes the place of a dead one. */
function isToReturnTo({ state }: CallRecord, { user, deskId }: DeskCaller): boolean {
  if (!('handler' in state) || state.handler.userId !== user.id) return false;
  return state.handler.deskId === deskId || state.handler.presence !== 'here';
}
