import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Fault } from '../../control/contract/fault.ts';
import type { CarrierLine } from '../../control/ports.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { NoAnswer, type HttpClient, type HttpReply } from '../http/client.ts';
import type { Metrics } from '../metrics.ts';
import { toFault, type GraphAction } from './graph-errors.ts';

/**
 * `timeoutMs` is for one try. `again`: may a request be sent a second time when nobody knows whether
 * the first one was carried out? A second `connect` would be a second call, a second text a second
 * text; a second `accept` might be refused because the first one won.
 */
const policies: Readonly<Record<GraphAction, { timeoutMs: number; again: 'always' | 'unsent' }>> = {
  // A late pre_accept is worth little, since accept does its work too, and accept waits behind it.
  pre_accept: { timeoutMs: 3000, again: 'unsent' },
  accept: { timeoutMs: 8000, again: 'unsent' },
  reject: { timeoutMs: 6000, again: 'always' },
  terminate: { timeoutMs: 6000, again: 'always' },
  connect: { timeoutMs: 10_000, again: 'unsent' },
  send_text: { timeoutMs: 10_000, again: 'unsent' },
  request_permission: { timeoutMs: 10_000, again: 'unsent' },
  permission: { timeoutMs: 6000, again: 'always' },
  set_calling: { timeoutMs: 10_000, again: 'always' },
  get_calling: { timeoutMs: 6000, again: 'always' },
  describe: { timeoutMs: 6000, again: 'always' },
};
const maxTries = 3;
const backoffMs = [150, 500];

const ErrorBody = z.looseObject({
  error: z.looseObject({
    code: z.number().int(),
    error_subcode: z.number().int().nullish().catch(null),
    message: z.string().catch(''),
    error_data: z
      .looseObject({ details: z.string().catch('') })
      .nullish()
      .catch(null),
    fbtrace_id: z.string().nullish().catch(null),
  }),
});

export type GraphAsk = {
  readonly action: GraphAction;
  readonly method: 'GET' | 'POST';
  /** After the number's id, with its query. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
};
export type GraphRequest = <T extends z.ZodType>(line: CarrierLine, ask: GraphAsk, reply: T) => Promise<z.infer<T>>;
type Parts = { graphUrl: string; http: HttpClient; log: Log; metrics: Metrics };

/** One request to the Graph API: tried again where that is safe, refusals as `carrier/` faults. */
export function createGraphRequest({ graphUrl, http, log, metrics }: Parts): GraphRequest {
  const base = graphUrl.replace(/\/+$/, '');

  const once = async (line: CarrierLine, ask: GraphAsk): Promise<HttpReply> => {
    const started = performance.now();
    let result = 'ok';
    try {
      const reply = await http.send({
        method: ask.method,
        url: `${base}/${encodeURIComponent(line.phoneNumberId)}/${ask.path}`,
        headers: {
          authorization: `Bearer ${line.accessToken}`,
          ...(ask.body && { 'content-type': 'application/json' }),
        },
        timeoutMs: policies[ask.action].timeoutMs,
        ...(ask.body && { body: JSON.stringify(ask.body) }),
      });
      if (reply.status < 200 || reply.status > 299) throw refusal(ask.action, reply);
      return reply;
    } catch (error) {
      result = error instanceof NoAnswer ? error.why : 'refused';
      metrics.graphErrors.inc({ action: ask.action, code: codeOf(error) ?? result });
      throw error;
    } finally {
      const seconds = (performance.now() - started) / 1000;
      metrics.graphSeconds.observe({ action: ask.action, result }, seconds);
      log.debug({ action: ask.action, result, ms: Math.round(seconds * 1000) }, 'graph request');
    }
  };

  const retried = async (line: CarrierLine, ask: GraphAsk): Promise<HttpReply> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(line, ask);
      } catch (error) {
        const fault = error instanceof NoAnswer ? noAnswer(ask.action, error) : error;
        if (!(fault instanceof Fault)) throw fault;
        const last = attempt >= maxTries || !isSafeAgain(ask.action, error);
        const { code, retryable, details } = fault;
        // That the call was over first is how half of all calls end.
        const level = code === 'carrier/call-over' ? 'debug' : 'warn';
        log[level]({ action: ask.action, attempt, last, code, retryable, details }, 'graph request failed');
        if (last) throw fault;
        await pause(backoffMs[attempt - 1] ?? 500);
      }
    }
  };

  return async (line, ask, schema) => {
    const reply = await retried(line, ask);
    const parsed = schema.safeParse(parseJson(reply.body));
    if (parsed.success) return parsed.data;
    log.error({ action: ask.action, status: reply.status }, 'graph reply not understood');
    throw new Fault('carrier/unavailable', 'WhatsApp gave an answer that we do not understand.', {
      details: { action: ask.action },
    });
  };
}

/** A refusal that Meta calls temporary was not carried out, but asking at once is only right for what does not pile up. */
function isSafeAgain(action: GraphAction, error: unknown): boolean {
  if (error instanceof NoAnswer) return !error.sent || policies[action].again === 'always';
  const unavailable = error instanceof Fault && error.code === 'carrier/unavailable' && error.retryable;
  return unavailable && policies[action].again === 'always';
}

function noAnswer(action: GraphAction, error: NoAnswer): Fault {
  // Whoever repeats an accept gets at worst a refusal; a call or a message would come twice.
  const retryable = !error.sent || !['connect', 'send_text', 'request_permission'].includes(action);
  return new Fault('carrier/unavailable', 'WhatsApp does not answer at the moment. Please try again.', {
    retryable,
    cause: error,
    details: { action, why: error.why },
  });
}

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Fault ? error.details?.['carrierCode'] : undefined;
  return typeof code === 'number' ? code : undefined;
}

function refusal(action: GraphAction, reply: HttpReply): Fault {
  const parsed = ErrorBody.safeParse(parseJson(reply.body));
  const error = parsed.success ? parsed.data.error : undefined;
  return toFault({
    action,
    status: reply.status,
    code: error?.code ?? null,
    subcode: error?.error_subcode ?? null,
    words: `${error?.message ?? ''} ${error?.error_data?.details ?? ''}`,
    trace: error?.fbtrace_id ?? null,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
