import { z } from 'zod';
import { WireFault } from './fault.ts';
import { CallId, ConversationId, DeskId, NodeId } from './ids.ts';
import { mediaCommands } from './media.ts';
import { CallView, ConversationView, MessageView, UserView } from './views.ts';

const none = z.object({});
const ofCall = z.object({ callId: CallId });
const callReply = z.object({ call: CallView });

const onNode = { nodeId: NodeId };
const own = { deskId: true } as const;

/**
 * A desk asks, control replies (socket.io, one acknowledgement a request). Both sides parse with it.
 * Who asks is known from the socket: the signed-in user and the desk id of its handshake
 * (`auth: { deskId }`).
 */
export const deskRequests = {
  /** After every connect: the whole picture, so that nothing that was missed matters. */
  'desk:snapshot': {
    ask: none,
    reply: z.object({
      user: UserView,
      /** Every call of the workspace that has not ended. */
      calls: z.array(CallView),
      /** The live call that this desk held before a reload, to return to. */
      returnTo: CallId.nullable(),
      /** The node to warm transports on before there is a call. */
      nodeId: NodeId.nullable(),
      iceServers: z.array(
        z.object({
          urls: z.union([z.string(), z.array(z.string())]),
          username: z.string().optional(),
          credential: z.string().optional(),
        }),
      ),
    }),
  },
  // The media commands that a desk may give to a node, through its gateway, for itself alone.
  'media:open': {
    ask: mediaCommands['desk:open'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:open'].reply,
  },
  'media:connect': {
    ask: mediaCommands['desk:connect'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:connect'].reply,
  },
  'media:restart-ice': {
    ask: mediaCommands['desk:restart-ice'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:restart-ice'].reply,
  },
  'media:produce': {
    ask: mediaCommands['desk:produce'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:produce'].reply,
  },
  'media:stop-producing': {
    ask: mediaCommands['desk:stop-producing'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:stop-producing'].reply,
  },
  /** Refused unless this desk handles the call. */
  'media:listen': {
    ask: mediaCommands['desk:listen'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:listen'].reply,
  },
  'media:stop-listening': {
    ask: mediaCommands['desk:stop-listening'].ask.omit(own).extend(onNode),
    reply: mediaCommands['desk:stop-listening'].reply,
  },

  /** Answers a ringing call, or one that lost its operator. One wins; the others get `call/already-claimed`. */
  'call:accept': { ask: ofCall, reply: callReply },
  /** Rejects a ringing call at Meta: the customer's phone stops. */
  'call:decline': { ask: ofCall, reply: callReply },
  'call:hangup': { ask: ofCall, reply: callReply },
  'call:mute': { ask: ofCall.extend({ muted: z.boolean() }), reply: callReply },
  /** Calls the customer. `permission/needed` says that a request has to be sent first. */
  'call:dial': { ask: z.object({ conversationId: ConversationId }), reply: callReply },
  /** After a reload or a lost line: this desk holds its call again. */
  'call:rejoin': { ask: ofCall, reply: callReply },
  /** What only the browser knows: microphone blocked, no sound device … for the call's history. */
  'call:report': {
    ask: ofCall.extend({ what: z.enum(['microphone-blocked', 'no-speaker', 'media-failed', 'poor-network']) }),
    reply: none,
  },
} as const;

/** Control tells desks. Past tense: these are facts, not orders. */
export const deskNotices = {
  'call:changed': z.object({ call: CallView }),
  'conversation:changed': z.object({ conversation: ConversationView }),
  'message:changed': z.object({ message: MessageView }),
} as const;

export type RequestName = keyof typeof deskRequests;
export type Ask<N extends RequestName> = z.infer<(typeof deskRequests)[N]['ask']>;
export type Reply<N extends RequestName> = z.infer<(typeof deskRequests)[N]['reply']>;
export type NoticeName = keyof typeof deskNotices;
export type Notice<N extends NoticeName> = z.infer<(typeof deskNotices)[N]>;

export type Outcome<T> = { ok: true; value: T } | { ok: false; fault: WireFault };

/** The two maps that socket.io wants, derived and never written by hand. */
export type DeskToControl = {
  [N in RequestName]: (ask: Ask<N>, done: (outcome: Outcome<Reply<N>>) => void) => void;
};
export type ControlToDesk = { [N in NoticeName]: (notice: Notice<N>) => void };

/** What a desk says in its handshake. */
export const DeskAuth = z.object({ deskId: DeskId });
