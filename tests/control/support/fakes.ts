import type { DeskId, NodeId, WorkspaceId } from '../../../control/contract/ids.ts';
import type { Notice, NoticeName } from '../../../control/contract/desk.ts';
import type { MediaAsk, MediaCommandName, MediaEvent, NodeCard } from '../../../control/contract/media.ts';
import type { CarrierEvent, CarrierPort, MediaPort, NotifierPort } from '../../../control/ports.ts';
import { node } from '../call/samples.ts';
import type { Signal } from './signal.ts';

type CarrierAction = Exclude<keyof CarrierPort, 'read'>;

const carrierActions: readonly CarrierAction[] = [
  'preAccept',
  'accept',
  'reject',
  'terminate',
  'connect',
  'sendText',
  'requestPermission',
  'permission',
  'setCalling',
  'callingEnabled',
];

/** A scripted Meta: says yes to everything until told otherwise, and remembers what it was asked. */
export function createFakeCarrier(signal: Signal) {
  const asked: { readonly action: CarrierAction; readonly args: readonly unknown[] }[] = [];
  const script: { [A in CarrierAction]?: (...args: never[]) => Promise<unknown> } = {};
  let placed = 0;
  const permission = { status: 'permanent', expiresAt: null, canRequest: false, canCall: true, blockedUntil: null };
  const answers: { [A in CarrierAction]?: () => unknown } = {
    connect: () => ({ carrierCallId: `wacid.out.${(placed += 1)}` }),
    sendText: () => ({ carrierMessageId: `wamid.${crypto.randomUUID()}` }),
    requestPermission: () => ({ carrierMessageId: `wamid.${crypto.randomUUID()}` }),
    permission: () => permission,
    callingEnabled: () => true,
  };
  const port = Object.fromEntries(
    carrierActions.map((action) => [
      action,
      async (...args: unknown[]): Promise<unknown> => {
        asked.push({ action, args });
        signal.bump();
        const told = script[action] as ((...args: unknown[]) => Promise<unknown>) | undefined;
        return told ? told(...args) : answers[action]?.();
      },
    ]),
  );
  return {
    // Stored items are the events themselves here: nobody but the gateway knows Meta's payloads.
    port: { ...port, read: (item: unknown) => item as CarrierEvent[] } as unknown as CarrierPort,
    asked,
    script,
    /** Which requests Meta got, without the setting up. */
    actions: () => asked.map(({ action }) => action).filter((action) => action !== 'callingEnabled'),
    count: (action: CarrierAction) => asked.filter((request) => request.action === action).length,
  };
}

/** A scripted media node. */
export function createFakeMedia(signal: Signal) {
  const commands: { readonly nodeId: NodeId; readonly name: MediaCommandName; readonly ask: unknown }[] = [];
  const script: { [N in MediaCommandName]?: (ask: MediaAsk<N>, nodeId: NodeId) => Promise<unknown> } = {};
  const cards: NodeCard[] = [{ nodeId: node, url: 'http://127.0.0.1:1', capacity: 100, legs: 0, draining: false }];
  const handlers = new Set<(event: MediaEvent) => Promise<void>>();
  const port: MediaPort = {
    async command(nodeId, name, ask) {
      commands.push({ nodeId, name, ask });
      signal.bump();
      const told = script[name] as ((ask: unknown, nodeId: NodeId) => Promise<unknown>) | undefined;
      const sdp = name === 'leg:answer' ? 'our answer' : 'our offer';
      return (told ? await told(ask, nodeId) : { sdp }) as never;
    },
    nodes: async () => [...cards],
    subscribe(handle) {
      handlers.add(handle);
      return async () => {
        handlers.delete(handle);
      };
    },
  };
  return {
    port,
    commands,
    script,
    cards,
    names: () => commands.map(({ name }) => name),
    /** Tells one gateway, as the stream's consumer group does. */
    async tell(event: MediaEvent): Promise<void> {
      const [handle] = handlers;
      await handle?.(event);
    },
  };
}

/** The desks' lines: what they were told, and who is connected. */
export function createFakeNotifier(signal: Signal) {
  const notices: { readonly workspaceId: WorkspaceId; readonly name: NoticeName; readonly notice: unknown }[] = [];
  const lost = new Set<DeskId>();
  const port: NotifierPort = {
    toWorkspace(workspaceId, name, notice) {
      notices.push({ workspaceId, name, notice });
      signal.bump();
    },
    isDeskConnected: async (deskId) => !lost.has(deskId),
  };
  return {
    port,
    notices,
    /** Desks whose line is gone. */
    lost,
    of: <N extends NoticeName>(name: N) =>
      notices.filter((sent) => sent.name === name).map((sent) => sent.notice as Notice<N>),
  };
}
