import type { Server } from 'socket.io';
import type { NotifierPort } from '../../control/ports.ts';
import type { Lines } from './lines.ts';

export const workspaceRoom = (workspaceId: string): string => `workspace:${workspaceId}`;
export const deskRoom = (deskId: string): string => `desk:${deskId}`;
export const sessionRoom = (sessionId: string): string => `session:${sessionId}`;

/**
 * Facts to every desk of a workspace. Our own desks hear them at once; those of other gateways
 * through Redis. One broadcast would make our own wait for Redis, and silent while it is away.
 */
export function createNotifier(io: Server, lines: Lines, here: string): NotifierPort {
  return {
    toWorkspace(workspaceId, name, notice) {
      const room = workspaceRoom(workspaceId);
      io.local.to(room).emit(name, notice);
      io.to(room).except(here).emit(name, notice);
    },
    isDeskConnected: (deskId) => lines.isOpen(deskId),
  };
}
