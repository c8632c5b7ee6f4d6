import { findCalls } from '../call/record.ts';
import { Fault } from '../contract/fault.ts';
import type { CallId } from '../contract/ids.ts';
import type { Control, DeskCaller } from '../control.ts';
import type { MediaPort } from '../ports.ts';
import type { Database } from '../store/database.ts';

type Handlers = {
  [N in Extract<keyof Control['desk'], `media:${string}`>]: Control['desk'][N];
};

/** A desk's own sound: what it says to a media node goes through here, for itself alone. */
export function createDeskMedia({ media, database }: { media: MediaPort; database: Database }): Handlers {
  async function mustHandle({ user, deskId }: DeskCaller, callId: CallId): Promise<void> {
    const [record] = await findCalls(database.pool, 'c.id = $1 AND c.workspace_id = $2', [callId, user.workspaceId]);
    if (!record) throw new Fault('call/not-found', 'This call does not exist.');
    if (record.state.phase === 'ended') throw new Fault('call/over', 'This call is over.');
    const handler = 'handler' in record.state ? record.state.handler : null;
    if (handler?.deskId !== deskId || handler.userId !== user.id)
      throw new Fault('call/not-yours', 'You are not in this call.');
  }

  return {
    'media:open': ({ deskId }, { nodeId }) => media.command(nodeId, 'desk:open', { deskId }),
    'media:connect': ({ deskId }, { nodeId, ...ask }) => media.command(nodeId, 'desk:connect', { deskId, ...ask }),
    'media:restart-ice': ({ deskId }, { nodeId, ...ask }) =>
      media.command(nodeId, 'desk:restart-ice', { deskId, ...ask }),
    'media:produce': ({ deskId }, { nodeId, ...ask }) => media.command(nodeId, 'desk:produce', { deskId, ...ask }),
    'media:stop-producing': ({ deskId }, { nodeId }) => media.command(nodeId, 'desk:stop-producing', { deskId }),
    async 'media:listen'(caller, { nodeId, ...ask }) {
      await mustHandle(caller, ask.callId);
      return media.command(nodeId, 'desk:listen', { deskId: caller.deskId, ...ask });
    },
    'media:stop-listening': ({ deskId }, { nodeId, ...ask }) =>
      media.command(nodeId, 'desk:stop-listening', { deskId, ...ask }),
  };
}
