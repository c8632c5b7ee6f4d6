import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { Request } from 'express';
import { Server, type Socket } from 'socket.io';
import { DeskAuth } from '../../control/contract/desk.ts';
import { Fault } from '../../control/contract/fault.ts';
import { createId, type DeskId, type UserId, type WorkspaceId } from '../../control/contract/ids.ts';
import type { Control, DeskCaller } from '../../control/control.ts';
import type { NotifierPort } from '../../control/ports.ts';
import type { Log } from '../../ops/runtime/log.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { asKnown, failure, within } from '../failure.ts';
import { isOwnOrigin } from '../http/origin.ts';
import type { Metrics } from '../metrics.ts';
import { createAnswer, type AnyOutcome } from './answer.ts';
import { createBucket } from './limits.ts';
import { createLines } from './lines.ts';
import { createNotifier, deskRoom, sessionRoom, workspaceRoom } from './notifier.ts';
import type { Sessions } from './session.ts';
import { createUserCache, notSignedIn } from './signed-in.ts';

/** The largest request is a description of a microphone: a few kB. */
const maxMessageBytes = 64_000;
/** A console that opens asks for a dozen things at once; nobody clicks thirty times a second. */
const requestsPerSecond = 30;
const requestBurst = 90;
const recheckEveryMs = 20_000;
/** What desks asked last may take so long to end when the gateway goes down. */
const closeGraceMs = 3000;

type LineData = { deskId: DeskId; userId: UserId; sessionId: string; workspaceId: WorkspaceId };
type DeskSocket = Socket<Record<string, never>, Record<string, never>, Record<string, never>, LineData>;
type DeskServer = Server<Record<string, never>, Record<string, never>, Record<string, never>, LineData>;

export type DeskLines = {
  readonly notifier: NotifierPort;
  /** From now on desks may connect on this server: control is there. */
  open(control: Control, server: HttpServer): void;
  /** Ends the lines of a session that was signed out, on every gateway. */
  endSession(sessionId: string): void;
  /** Drops every line in the way that makes consoles connect again, elsewhere if need be. */
  close(): Promise<void>;
};

type Parts = { redis: Redis; sessions: Sessions; publicUrl: string; log: Log; metrics: Metrics };

/** The consoles' live connections (socket.io), authenticated by the session cookie. */
export function createDeskLines({ redis, sessions, publicUrl, log, metrics }: Parts): DeskLines {
  const io: DeskServer = new Server({
    adapter: createAdapter(redis, { streamName: 'desk:notices', maxLen: 10_000, blockTimeInMs: 2000 }),
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    pingInterval: 10_000,
    pingTimeout: 8000,
    allowRequest: (request: IncomingMessage, done) => done(null, isOwnOrigin(request, publicUrl)),
  });

  const here = `gateway:${createId('node')}`;
  const dropLine = (lineId: string): void => {
    io.in(lineId).disconnectSockets(true);
  };
  const lines = createLines({ redis, log, onTaken: (_deskId, lineId) => dropLine(lineId) });
  let closing = false;
  // What was asked of control and is not done: it must be, before control goes.
  const running = new Set<Promise<void>>();
  const track = (work: Promise<void>): Promise<void> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };
  let recheck: NodeJS.Timeout | undefined;

  const open = (control: Control, server: HttpServer): void => {
    io.attach(server);
    io.engine.use(sessions.handle);
    const userOf = createUserCache(control);
    const answer = createAnswer(control, log, metrics);

    const callerOf = async ({ deskId, userId }: Pick<LineData, 'deskId' | 'userId'>): Promise<DeskCaller> => {
      const user = await userOf(userId);
      if (!user) throw notSignedIn();
      return { user, deskId };
    };

    io.use((socket, next) => {
      const admit = async (): Promise<void> => {
        try {
          const who = await identify(socket, sessions);
          const { user } = await callerOf(who);
          if (!(await lines.isOwn(who.deskId, who.userId))) {
            throw new Fault('account/forbidden', 'This desk is somebody else’s. Please open the console in a new tab.');
          }
          socket.data = { ...who, workspaceId: user.workspaceId };
        } catch (thrown) {
          const error = asKnown(thrown);
          if (!(error instanceof Fault)) log.error(failure(error), 'desk line not opened');
          const fault = Fault.toWire(error);
          next(Object.assign(new Error(fault.message), { data: fault }));
          return;
        }
        next();
      };
      void admit();
    });

    io.on('connection', (socket) => {
      const { workspaceId, deskId, sessionId } = socket.data;
      void socket.join([workspaceRoom(workspaceId), deskRoom(deskId), sessionRoom(sessionId), here]);
      const entered = track(enter(socket, control));
      const mayAsk = createBucket(requestsPerSecond, requestBurst);
      socket.onAny((name: string, ...rest: unknown[]) => {
        const reply = acknowledgementOf(socket, rest);
        if (!mayAsk()) {
          const fault = new Fault('request/too-many', 'Too many requests. Please wait a moment.', { retryable: true });
          reply({ ok: false, fault: Fault.toWire(fault) });
          return;
        }
        const caller = async (): Promise<DeskCaller> => {
          await entered;
          return callerOf(socket.data);
        };
        void track(answer(name, rest[0], caller).then(reply));
      });
      socket.on('disconnect', () => void track(entered.then(() => leave(socket, control))));
    });

    /** Announces the desk. Resolves whatever happens: a request then finds out for itself. */
    const enter = async (socket: DeskSocket, to: Control): Promise<void> => {
      const { deskId } = socket.data;
      try {
        const taken = await lines.open(deskId, socket.id);
        metrics.deskLines.set(lines.count());
        if (taken !== undefined && taken !== socket.id) {
          log.info({ deskId }, 'desk line taken over by another tab or a reconnect');
          dropLine(taken);
        }
        await to.deskConnected(await callerOf(socket.data));
      } catch (error) {
        log.warn({ ...failure(error), deskId }, 'desk not announced');
      }
    };

    const leave = async (socket: DeskSocket, from: Control): Promise<void> => {
      const { deskId } = socket.data;
      // A gateway that goes down says nothing: the desks are back within a second, here or elsewhere,
      // and their sound has never stopped.
      if (closing) return;
      try {
        const isLast = await lines.close(deskId, socket.id);
        metrics.deskLines.set(lines.count());
        if (!isLast) return;
        const caller = await callerOf(socket.data).catch(() => undefined);
        if (caller) await from.deskDisconnected(caller);
      } catch (error) {
        log.warn({ ...failure(error), deskId }, 'desk not signed off');
      }
    };

    /** Whoever was signed out elsewhere, or removed, loses the line too. */
    const check = async (socket: DeskSocket): Promise<void> => {
      const { sessionId, userId } = socket.data;
      const isSame = (await sessions.userIdOf(sessionId)) === userId;
      if (!isSame || !(await userOf(userId))) socket.disconnect(true);
    };
    recheck = setInterval(() => {
      for (const socket of io.sockets.sockets.values()) {
        check(socket).catch((error: unknown) => log.warn(failure(error), 'desk line not rechecked'));
      }
    }, recheckEveryMs);
  };

  return {
    notifier: createNotifier(io, lines, here),
    open,
    endSession(sessionId) {
      io.in(sessionRoom(sessionId)).disconnectSockets(true);
    },
    async close() {
      closing = true;
      clearInterval(recheck);
      lines.stop();
      // "transport close" makes clients reconnect by themselves; a polite goodbye would not.
      for (const socket of io.sockets.sockets.values()) socket.conn.close();
      await io.close();
      await within(closeGraceMs, Promise.allSettled(running), 'what desks asked').catch(() => undefined);
    },
  };
}

async function identify(socket: DeskSocket, sessions: Sessions): Promise<Omit<LineData, 'workspaceId'>> {
  const { session, sessionID } = socket.request as Request;
  const auth = DeskAuth.safeParse(socket.handshake.auth);
  if (!auth.success) throw new Fault('request/invalid', 'The desk id is missing or not valid.');
  // Read anew: the request of a long poll may be older than a sign-out.
  const userId = await sessions.userIdOf(sessionID);
  if (userId === undefined || session.userId !== userId) throw notSignedIn();
  return { deskId: auth.data.deskId, userId: userId as UserId, sessionId: sessionID };
}

/** A request without an acknowledgement cannot be answered; its sender is told so beside the line's protocol. */
function acknowledgementOf(socket: DeskSocket, rest: unknown[]): (outcome: AnyOutcome) => void {
  const last = rest.at(-1);
  if (typeof last === 'function') {
    rest.pop();
    return last as (outcome: AnyOutcome) => void;
  }
  return (outcome) => {
    if (!outcome.ok) (socket.emit as (name: string, fault: unknown) => boolean).call(socket, 'refused', outcome.fault);
  };
}
