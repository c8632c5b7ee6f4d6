import { z } from 'zod';
import { CallId, DeskId, NodeId } from './ids.ts';

/** mediasoup's own structures pass through untouched: only the two mediasoup ends read them. */
const Opaque = z.record(z.string(), z.unknown());
/** A session description (RFC 8866) with CRLF line ends. Never logged: it carries credentials. */
export const Sdp = z.string().min(1).max(20_000);

/** What a desk needs to make one of its two WebRTC transports (mediasoup-client's options). */
export const TransportOptions = z.object({
  id: z.string(),
  iceParameters: Opaque,
  iceCandidates: z.array(Opaque),
  dtlsParameters: Opaque,
});

/** Who may feed the switch of a call, i.e. what the customer hears. */
export const Source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('desk'), deskId: DeskId }),
  z.object({ kind: z.literal('comfort') }),
]);
export type Source = z.infer<typeof Source>;

export const Direction = z.enum(['from-customer', 'to-customer']);

/** A moment's figures of one call's media, for health checks, support and benches. */
export const LegStats = z.object({
  callId: CallId,
  iceState: z.string(),
  dtlsState: z.string(),
  gateOpen: z.boolean(),
  source: Source,
  packetsFromCustomer: z.number(),
  packetsToCustomer: z.number(),
  comfortPackets: z.number(),
  packetsFromDesk: z.number(),
});
export type LegStats = z.infer<typeof LegStats>;

const none = z.object({});

/**
 * Control asks a media node: `POST /commands/<name>` with a bearer token, JSON both ways.
 * Every command may be sent again: the second time answers what the first one answered.
 */
export const mediaCommands = {
  /** A customer calls: makes the leg to Meta from Meta's offer and returns our answer. */
  'leg:answer': { ask: z.object({ callId: CallId, offer: Sdp }), reply: z.object({ sdp: Sdp }) },
  /** We call: makes the leg and returns our offer. */
  'leg:offer': { ask: z.object({ callId: CallId }), reply: z.object({ sdp: Sdp }) },
  'leg:apply-answer': { ask: z.object({ callId: CallId, answer: Sdp }), reply: none },
  /** From now on RTP may leave towards Meta; for an inbound call after accept's 200. */
  'leg:open-gate': { ask: z.object({ callId: CallId }), reply: none },
  /** The customer is on the line: within 3 s sound has to pass both ways, or `rtp-missing` names the cause. */
  'leg:watch': { ask: z.object({ callId: CallId }), reply: none },
  'leg:feed': { ask: z.object({ callId: CallId, source: Source }), reply: none },
  'leg:close': { ask: z.object({ callId: CallId }), reply: none },
  'leg:stats': { ask: z.object({ callId: CallId }), reply: LegStats },

  /** Makes the desk's send and receive transports, before there is a call. */
  'desk:open': {
    ask: z.object({ deskId: DeskId }),
    reply: z.object({
      nodeId: NodeId,
      routerRtpCapabilities: Opaque,
      send: TransportOptions,
      receive: TransportOptions,
    }),
  },
  'desk:connect': {
    ask: z.object({ deskId: DeskId, side: z.enum(['send', 'receive']), dtlsParameters: Opaque }),
    reply: none,
  },
  'desk:restart-ice': {
    ask: z.object({ deskId: DeskId, side: z.enum(['send', 'receive']) }),
    reply: z.object({ iceParameters: Opaque }),
  },
  /** The desk's microphone. One a desk; a second one takes the place of the first. */
  'desk:produce': {
    ask: z.object({ deskId: DeskId, rtpParameters: Opaque }),
    reply: z.object({ producerId: z.string() }),
  },
  'desk:stop-producing': { ask: z.object({ deskId: DeskId }), reply: none },
  /** Lets the desk hear the customer of a call. */
  'desk:listen': {
    ask: z.object({ deskId: DeskId, callId: CallId, rtpCapabilities: Opaque }),
    reply: z.object({ consumerId: z.string(), producerId: z.string(), rtpParameters: Opaque }),
  },
  'desk:stop-listening': { ask: z.object({ deskId: DeskId, callId: CallId }), reply: none },
  'desk:close': { ask: z.object({ deskId: DeskId }), reply: none },
} as const;

export type MediaCommandName = keyof typeof mediaCommands;
export type MediaAsk<N extends MediaCommandName> = z.infer<(typeof mediaCommands)[N]['ask']>;
export type MediaReply<N extends MediaCommandName> = z.infer<(typeof mediaCommands)[N]['reply']>;

/** Why one direction of a call has no sound, as found 3 s after the customer was on the line. */
export const SilenceCause = z.enum(['no-ice', 'no-dtls', 'no-packets', 'silence']);
export type SilenceCause = z.infer<typeof SilenceCause>;

/** Why a leg to Meta is gone, when nobody asked for it. */
export const LegLostCause = z.enum(['ice-failed', 'ice-lost', 'dtls-failed', 'dtls-closed', 'worker-died']);
export type LegLostCause = z.infer<typeof LegLostCause>;

const about = { nodeId: NodeId, /** Milliseconds since the epoch, the node's clock. */ at: z.number() };

/** What a media node tells control, through the Redis stream `mediaEventStream`. Past tense: facts. */
export const MediaEvent = z.discriminatedUnion('type', [
  /** ICE and DTLS are up towards Meta; the times count from the command that started the leg. */
  z.object({ type: z.literal('leg-connected'), ...about, callId: CallId, iceMs: z.number(), dtlsMs: z.number() }),
  z.object({ type: z.literal('leg-lost'), ...about, callId: CallId, cause: LegLostCause }),
  /** The first audio packet passed in this direction. */
  z.object({ type: z.literal('rtp-started'), ...about, callId: CallId, direction: Direction }),
  z.object({ type: z.literal('rtp-missing'), ...about, callId: CallId, direction: Direction, cause: SilenceCause }),
  /** The fed desk's microphone reached the switch (first time, or again after it was lost). */
  z.object({ type: z.literal('desk-heard'), ...about, callId: CallId, deskId: DeskId }),
  /** The fed desk's transport closed, or no packet came from it for a while; comfort noise took over. */
  z.object({ type: z.literal('desk-lost'), ...about, callId: CallId, deskId: DeskId }),
]);
export type MediaEvent = z.infer<typeof MediaEvent>;

/** Redis stream; one field `event` an entry, the event as JSON. Trimmed to about 100,000 entries. */
export const mediaEventStream = 'media:events';
/** Redis consumer group in which all gateways share the reading. */
export const mediaEventGroup = 'control';

/** A node's card in the registry: Redis key `media:node:<nodeId>`, JSON, expires 6 s after the last beat (2 s). */
export const NodeCard = z.object({
  nodeId: NodeId,
  /** Where its commands are taken, e.g. `http://10.0.0.7:3100`. */
  url: z.url(),
  capacity: z.number().int(),
  legs: z.number().int(),
  /** A draining node finishes its calls and takes no new one. */
  draining: z.boolean(),
});
export type NodeCard = z.infer<typeof NodeCard>;
export const mediaNodeKeyPrefix = 'media:node:';
export const mediaNodeTtlMs = 6000;
export const mediaNodeBeatMs = 2000;
