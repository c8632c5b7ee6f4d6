import type { CommandName, CommandOf } from '../call/commands.ts';
import type { CallEvent, Refusal } from '../call/events.ts';
import { Fault } from '../contract/fault.ts';
import type { NodeId, NumberId } from '../contract/ids.ts';
import type { CarrierLine, Ports } from '../ports.ts';
import type { Job } from './job.ts';

export type CarryOutParts = {
  readonly ports: Pick<Ports, 'carrier' | 'media' | 'clock'>;
  readonly lineOf: (numberId: NumberId) => Promise<CarrierLine>;
  /** Another node with room, or null. */
  readonly elsewhere: (than: NodeId) => Promise<NodeId | null>;
};

type Handler<N extends CommandName> = {
  /** Carries it out; the event that its success is, if it is one. */
  run(command: CommandOf<N>, job: Job<N>): Promise<CallEvent | null>;
  /** The event that its failure is, if it is one. */
  refused(command: CommandOf<N>, refusal: Refusal, job: Job<N>): Promise<CallEvent | null> | CallEvent | null;
};
type Handlers = { readonly [N in CommandName]: Handler<N> };
export type CarryOut = {
  /** @throws Fault when the world refuses. */
  run(job: Job): Promise<CallEvent | null>;
  refused(job: Job, fault: Fault, tries: number): Promise<CallEvent | null>;
};

/** What each command means to Meta and to the media nodes. */
export function createCarryOut({ ports, lineOf, elsewhere }: CarryOutParts): CarryOut {
  const { carrier, media, clock } = ports;
  const at = (): number => clock.now();

  async function legRefused(nodeId: NodeId, refusal: Refusal): Promise<CallEvent> {
    // Only a node that is gone or full is a reason to try another one.
    const full = refusal.code === 'media/unavailable' || refusal.code === 'media/no-capacity';
    const other = full ? await elsewhere(nodeId).catch(() => null) : null;
    return { type: 'legRefused', at: at(), nodeId, refusal, elsewhere: other };
  }
  const soundFailed = (command: CommandOf<CommandName>, refusal: Refusal): CallEvent => ({
    type: 'soundFailed',
    at: at(),
    command: command.do,
    refusal,
  });
  const farewellFailed = (command: CommandOf<CommandName>, refusal: Refusal): CallEvent => ({
    type: 'farewellFailed',
    at: at(),
    command: command.do,
    refusal,
  });

  const handlers: Handlers = {
    'leg:answer': {
      async run({ nodeId, offer }, { callId }) {
        const { sdp } = await media.command(nodeId, 'leg:answer', { callId, offer });
        return { type: 'legReady', at: at(), nodeId, sdp };
      },
      refused: ({ nodeId }, refusal) => legRefused(nodeId, refusal),
    },
    'leg:offer': {
      async run({ nodeId }, { callId }) {
        const { sdp } = await media.command(nodeId, 'leg:offer', { callId });
        return { type: 'legReady', at: at(), nodeId, sdp };
      },
      refused: ({ nodeId }, refusal) => legRefused(nodeId, refusal),
    },
    'leg:apply-answer': {
      async run({ nodeId, answer }, { callId }) {
        await media.command(nodeId, 'leg:apply-answer', { callId, answer });
        return null;
      },
      refused: soundFailed,
    },
    'leg:open-gate': {
      async run({ nodeId }, { callId }) {
        await media.command(nodeId, 'leg:open-gate', { callId });
        return null;
      },
      refused: soundFailed,
    },
    'leg:watch': {
      async run({ nodeId }, { callId }) {
        await media.command(nodeId, 'leg:watch', { callId });
        return null;
      },
      refused: () => null,
    },
    'leg:feed': {
      async run({ nodeId, source }, { callId }) {
        await media.command(nodeId, 'leg:feed', { callId, source });
        return null;
      },
      refused: soundFailed,
    },
    'leg:close': {
      async run({ nodeId }, { callId }) {
        await media.command(nodeId, 'leg:close', { callId });
        return null;
      },
      // A leg that is not there, or whose node is gone, is as closed as it can be.
      refused: () => null,
    },
    'carrier:pre-accept': {
      async run({ carrierCallId, sdp }, { numberId }) {
        await carrier.preAccept(await lineOf(numberId), carrierCallId, sdp);
        return { type: 'preAccepted', at: at() };
      },
      refused: (_, refusal) => ({ type: 'preAcceptFailed', at: at(), refusal }),
    },
    'carrier:accept': {
      async run({ carrierCallId, sdp }, { numberId }) {
        await carrier.accept(await lineOf(numberId), carrierCallId, sdp);
        return { type: 'accepted', at: at() };
      },
      refused: ({ fence }, refusal, { attempts }) => ({
        type: 'acceptRefused',
        at: at(),
        fence,
        refusal,
        repeated: attempts > 1,
      }),
    },
    'carrier:reject': {
      async run({ carrierCallId }, { numberId }) {
        await carrier.reject(await lineOf(numberId), carrierCallId);
        return null;
      },
      refused: farewellFailed,
    },
    'carrier:terminate': {
      async run({ carrierCallId }, { numberId }) {
        await carrier.terminate(await lineOf(numberId), carrierCallId);
        return null;
      },
      refused: farewellFailed,
    },
    'carrier:connect': {
      async run({ sdp }, { numberId, party, callId, attempts }) {
        // Another process began it and died: whether Meta took it, only a webhook can tell.
        if (attempts > 1) throw new Fault('carrier/unavailable', 'It is not known whether WhatsApp took the call.');
        const { carrierCallId } = await carrier.connect(await lineOf(numberId), party, sdp, callId);
        return { type: 'placed', at: at(), carrierCallId };
      },
      refused: (_, refusal) => ({
        type: 'placeRefused',
        at: at(),
        refusal,
        unclear: refusal.code === 'carrier/unavailable',
      }),
    },
  };

  // Typed handler by handler; indexing with a union loses that, hence the casts.
  const handlerOf = (job: Job) => handlers[job.command.do] as unknown as Handler<CommandName>;
  return {
    run: (job) => handlerOf(job).run(job.command, job),
    async refused(job, { code, message }, tries) {
      const tried = { ...job, attempts: job.attempts + tries - 1 };
      return handlerOf(job).refused(job.command, { code, message }, tried);
    },
  };
}
