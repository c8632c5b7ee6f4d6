import type { z } from 'zod';
import { Fault, WireFault } from '../control/contract/fault.ts';
import type { NodeId } from '../control/contract/ids.ts';
import {
  mediaCommands,
  mediaNodeKeyPrefix,
  NodeCard,
  type MediaAsk,
  type MediaCommandName,
  type MediaReply,
} from '../control/contract/media.ts';
import type { Log } from '../ops/runtime/log.ts';
import type { Redis } from '../ops/runtime/redis.ts';
import { failure, within } from './failure.ts';
import { NoAnswer, type HttpClient, type HttpReply } from './http/client.ts';
import type { Metrics } from './metrics.ts';

/** Making a leg gathers ICE candidates; everything else is done at once. */
const timeoutMs = 5000;
const redisTimeoutMs = 1000;
/** Half a beat: a caller who asks twice in a moment need not ask Redis twice. */
const cardsTtlMs = 1000;

type Parts = { redis: Redis; http: HttpClient; token: string; log: Log; metrics: Metrics };

/** The registry of media nodes, and commands to them over HTTP. */
export function createMediaNodes({ redis, http, token, log, metrics }: Parts) {
  // A node's address never changes in its life, so commands go on while Redis is away.
  const urls = new Map<NodeId, string>();
  let cards: { list: NodeCard[]; until: number } | undefined;

  const parseCard = (text: string | null): NodeCard | undefined => {
    if (text === null) return undefined;
    try {
      return NodeCard.parse(JSON.parse(text));
    } catch {
      log.error('media node card not understood');
      return undefined;
    }
  };

  const readCards = async (): Promise<NodeCard[]> => {
    const keys: string[] = [];
    for await (const batch of redis.scanIterator({ MATCH: `${mediaNodeKeyPrefix}*`, COUNT: 1000 })) keys.push(...batch);
    if (keys.length === 0) return [];
    const texts = await redis.mGet(keys);
    return texts.map(parseCard).filter((card) => card !== undefined);
  };

  const urlOf = async (node: NodeId): Promise<string> => {
    const known = urls.get(node);
    if (known !== undefined) return known;
    const card = parseCard(await within(redisTimeoutMs, redis.get(mediaNodeKeyPrefix + node), 'the media registry'));
    if (!card) throw new Fault('media/unavailable', 'The media node of this call is gone.', { retryable: true });
    urls.set(node, card.url);
    return card.url;
  };

  const send = async (node: NodeId, name: MediaCommandName, ask: unknown): Promise<HttpReply> => {
    const url = `${(await urlOf(node)).replace(/\/+$/, '')}/commands/${name}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const request = { method: 'POST', url, headers, body: JSON.stringify(ask), timeoutMs } as const;
    try {
      return await http.send(request);
    } catch (error) {
      // The node may have closed an idle connection just now; every command may be sent again.
      if (error instanceof NoAnswer && error.why === 'network' && error.sent) return http.send(request);
      throw error;
    }
  };

  return {
    /** Every node whose card is fresh. */
    async nodes(): Promise<NodeCard[]> {
      if (cards && Date.now() < cards.until) return cards.list;
      const list = await within(redisTimeoutMs, readCards(), 'the media registry').catch((error: unknown) => {
        throw new Fault('media/unavailable', 'The list of media nodes cannot be read.', {
          retryable: true,
          cause: error,
        });
      });
      // "There is none" is asked again at once: the next call may be the first one after a node's restart.
      cards = list.length > 0 ? { list, until: Date.now() + cardsTtlMs } : undefined;
      for (const card of list) urls.set(card.nodeId, card.url);
      return list;
    },

    /** @throws Fault as the node said it, or `media/unavailable` (retryable) when it said nothing. */
    async command<N extends MediaCommandName>(node: NodeId, name: N, ask: MediaAsk<N>): Promise<MediaReply<N>> {
      const done = metrics.mediaSeconds.startTimer({ command: name });
      let result = 'unreachable';
      try {
        const reply = await send(node, name, ask);
        result = 'refused';
        const value = valueOf(name, reply);
        result = 'ok';
        return value;
      } catch (error) {
        const fault = asFault(error);
        log.warn({ ...failure(error), command: name, nodeId: node, fault: fault.code }, 'media command failed');
        throw fault;
      } finally {
        done({ result });
      }
    },
  };
}

function valueOf<N extends MediaCommandName>(name: N, reply: HttpReply): MediaReply<N> {
  const body = parseJson(reply.body);
  if (reply.status < 200 || reply.status > 299) {
    const wire = WireFault.safeParse(body);
    throw wire.success ? Fault.fromWire(wire.data) : new Error(`media node answered ${reply.status}`);
  }
  const schema: z.ZodType = mediaCommands[name].reply;
  return schema.parse(body) as MediaReply<N>;
}

const asFault = (error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new Fault('media/unavailable', 'The media server does not answer at the moment. Please try again.', {
        retryable: true,
        cause: error,
      });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
