import type { z } from 'zod';
import { deskRequests, type RequestName } from '../../control/contract/desk.ts';
import { Fault, type WireFault } from '../../control/contract/fault.ts';
import type { Control, DeskCaller } from '../../control/control.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { asKnown, failure } from '../failure.ts';
import { parseAs } from '../http/faults.ts';
import type { Metrics } from '../metrics.ts';

export type AnyOutcome = { ok: true; value: unknown } | { ok: false; fault: WireFault };
type AnyHandler = (caller: DeskCaller, ask: unknown) => Promise<unknown>;
type Answer = (name: string, ask: unknown, caller: () => Promise<DeskCaller>) => Promise<AnyOutcome>;

/**
 * Every request of a desk goes through here: the ask is parsed, control carries it out, the reply is
 * parsed (what the contract does not name does not leave). A fault is an answer; a bug is logged and
 * becomes `server/internal`. Never rejects.
 */
export function createAnswer(control: Pick<Control, 'desk'>, log: Log, metrics: Metrics): Answer {
  const handle = async (name: RequestName, raw: unknown, caller: () => Promise<DeskCaller>): Promise<unknown> => {
    const { ask, reply }: { ask: z.ZodType; reply: z.ZodType } = deskRequests[name];
    const asked: unknown = parseAs(ask, raw ?? {});
    // The name and its types belong together by the table; the compiler cannot follow a union through it.
    const run = control.desk[name] as unknown as AnyHandler;
    const value = await run(await caller(), asked);
    const parsed = reply.safeParse(value);
    if (!parsed.success) throw new Error(`${name} answers against its contract: ${parsed.error.message}`);
    return parsed.data;
  };

  return async (name, raw, caller) => {
    // A stranger's word must not become a label.
    const known = isRequestName(name);
    const done = metrics.deskSeconds.startTimer({ name: known ? name : 'unknown' });
    try {
      if (!known) throw new Fault('request/not-found', 'There is no such request.');
      const value = await handle(name, raw, caller);
      done({ result: 'ok' });
      return { ok: true, value };
    } catch (thrown) {
      const error = asKnown(thrown);
      const fault = Fault.toWire(error);
      if (!(error instanceof Fault)) log.error({ ...failure(error), request: name }, 'desk request failed');
      else if (fault.code === 'server/unavailable')
        log.warn({ ...failure(error), request: name }, 'desk request failed');
      else log.debug({ request: known ? name : 'unknown', fault: fault.code }, 'desk request refused');
      done({ result: fault.code });
      return { ok: false, fault };
    }
  };
}

const isRequestName = (name: string): name is RequestName => Object.hasOwn(deskRequests, name);
