import { createSignal } from 'solid-js';
import { type Socket, io } from 'socket.io-client';
import {
  type ControlToDesk,
  type DeskToControl,
  type Notice,
  type NoticeName,
  type Outcome,
  deskNotices,
  deskRequests,
} from '../../../control/contract/desk.ts';
import { Fault, WireFault } from '../../../control/contract/fault.ts';
import type { DeskId } from '../../../control/contract/ids.ts';
import { Unreachable } from './faults.ts';
import type { Line, LineStatus } from './line.ts';

/** Meta's answer to an accept or a dial may take several seconds; past this nobody waits on. */
const answerWithinMs = 15_000;
/** A refused handshake is not retried by socket.io itself. */
const retryRefusedMs = 3000;

type AnyAsk = (name: string, ask: unknown) => Promise<Outcome<unknown>>;
type AnyListen = (name: string, hear: (raw: unknown) => void) => void;

/** The line over socket.io. Replies and notices are parsed with the contract's schemas. */
export function openSocketLine(deskId: DeskId): Line {
  const [status, setStatus] = createSignal<LineStatus>('connecting');
  const openListeners = new Set<() => void>();
  // A websocket at once saves the polling handshake's round trips; polling is for proxies that refuse it.
  const socket: Socket<ControlToDesk, DeskToControl> = io({
    auth: { deskId },
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: 4000,
  });
  let retry: ReturnType<typeof setTimeout> | undefined;

  socket.on('connect', () => {
    setStatus('open');
    for (const run of openListeners) run();
  });
  socket.on('disconnect', (reason) => {
    setStatus('lost');
    // The server closed it on purpose, e.g. a gateway that shuts down: socket.io leaves that to us.
    if (reason === 'io server disconnect') retry = setTimeout(() => socket.connect(), reconnectSoon());
  });
  socket.on('connect_error', (error) => {
    const refused = WireFault.safeParse((error as { data?: unknown }).data);
    if (refused.success && refused.data.code === 'account/not-signed-in') {
      setStatus('signed-out');
      return;
    }
    if (status() === 'open') setStatus('lost');
    if (!socket.active) retry = setTimeout(() => socket.connect(), retryRefusedMs);
  });

  // Typed by the contract at the border of this file; socket.io cannot follow a generic event name.
  const emit = ((name: string, ask: unknown) =>
    (socket as Socket).timeout(answerWithinMs).emitWithAck(name, ask)) as AnyAsk;
  const listen = socket.on.bind(socket) as unknown as AnyListen;
  const unlisten = socket.off.bind(socket) as unknown as AnyListen;

  const line: Line = {
    status,
    ask: async (name, ask) => {
      // Never let socket.io keep it for later: an accept of a minute ago is not what anybody wants.
      if (!socket.connected) throw new Unreachable();
      const outcome = await emit(name, ask).catch(() => {
        throw new Unreachable();
      });
      if (!outcome.ok) throw Fault.fromWire(outcome.fault);
      return deskRequests[name].reply.parse(outcome.value) as never;
    },
    askWhenOpen: async (name, ask) => {
      if (!socket.connected) {
        await new Promise<void>((resolve) => {
          const stop = line.onOpen(() => {
            stop();
            resolve();
          });
        });
      }
      return line.ask(name, ask);
    },
    on: <N extends NoticeName>(name: N, hear: (notice: Notice<N>) => void) => {
      const onRaw = (raw: unknown): void => {
        const notice = deskNotices[name].safeParse(raw);
        if (notice.success) hear(notice.data as Notice<N>);
      };
      listen(name, onRaw);
      return () => unlisten(name, onRaw);
    },
    onOpen: (run) => {
      openListeners.add(run);
      if (socket.connected) queueMicrotask(run);
      return () => openListeners.delete(run);
    },
    close: () => {
      clearTimeout(retry);
      openListeners.clear();
      socket.disconnect();
    },
  };
  return line;
}

/** All desks of a stopped gateway come back at once: spread them over half a second. */
const reconnectSoon = (): number => 200 + Math.random() * 500;
