import type { LegStats, MediaEvent, Source } from '../control/contract/media.ts';
import type { CallId, DeskId } from '../control/contract/ids.ts';
import type { Log } from '../ops/runtime/log.ts';
import type { Desk } from './leg/desk.ts';
import { DeskSource } from './leg/desk-source.ts';
import { MetaLeg, type MetaLegOptions } from './leg/meta-leg.ts';
import { watchForSilence } from './leg/watchdog.ts';
import type { Pacer } from './switch/pacer.ts';
import { Switch } from './switch/switch.ts';

/** An event of one call, before the node stamps it. */
export type CallEvent = MediaEvent extends infer E
  ? E extends MediaEvent
    ? Omit<E, 'nodeId' | 'at' | 'callId'>
    : never
  : never;

export type CallOptions = {
  readonly callId: CallId;
  readonly leg: Omit<MetaLegOptions, 'hooks' | 'log'>;
  readonly pacer: Pacer;
  readonly comfort: readonly Buffer[];
  readonly log: Log;
  readonly tell: (event: CallEvent) => void;
  /** The leg ended without being asked to. */
  readonly onLost: () => void;
};

/** One call's body on this node: the leg to Meta, the switch that feeds it, and the watchdog over both. */
export class Call {
  readonly callId: CallId;
  readonly leg: MetaLeg;
  readonly #switch: Switch;
  readonly #options: CallOptions;
  #source: Source = { kind: 'comfort' };
  #deskSource: DeskSource | undefined;
  #deskPackets = 0;
  #stopWatchdog: (() => void) | undefined;

  private constructor(options: CallOptions, leg: MetaLeg) {
    this.#options = options;
    this.callId = options.callId;
    this.leg = leg;
    this.#switch = new Switch({ out: leg.outgoing, pacer: options.pacer, comfort: options.comfort });
  }

  /** A customer calls (with Meta's offer), or we call (without). */
  static async open(options: CallOptions, offer?: string): Promise<Call> {
    const parts: MetaLegOptions = {
      ...options.leg,
      log: options.log,
      hooks: {
        onConnected: (times) => options.tell({ type: 'leg-connected', ...times }),
        onRtpStarted: (direction) => options.tell({ type: 'rtp-started', direction }),
        onLost: (cause) => {
          options.log.warn({ cause }, 'leg lost');
          options.tell({ type: 'leg-lost', cause });
          options.onLost();
        },
      },
    };
    return new Call(options, offer === undefined ? await MetaLeg.offer(parts) : await MetaLeg.answer(parts, offer));
  }

  get localSdp(): string {
    return this.leg.localSdp;
  }

  async openGate(): Promise<void> {
    if (this.leg.relay.isGateOpen) return;
    await this.leg.openGate();
    this.#switch.open();
  }

  /** The customer is on the line: whoever is not heard by now has a reason. Asked again, it changes nothing. */
  watch(): void {
    if (this.#stopWatchdog) return;
    const desk = this.#deskSource;
    const before = desk?.packets ?? 0;
    this.#stopWatchdog = watchForSilence(
      this.leg,
      // A desk that got its turn in between has not had its time yet.
      () => (desk && desk === this.#deskSource ? desk.packets - before : undefined),
      (direction, cause) => this.#options.tell({ type: 'rtp-missing', direction, cause }),
    );
  }

  /** Gives the turn to a desk, or to comfort noise. The same desk again keeps its turn. */
  feed(source: Source, deskOf: (id: DeskId) => Desk): void {
    if (source.kind === 'comfort') {
      this.#setSource(source, undefined);
      return;
    }
    if (this.#source.kind === 'desk' && this.#source.deskId === source.deskId) return;
    const { deskId } = source;
    const hooks = {
      onHeard: () => this.#options.tell({ type: 'desk-heard', deskId }),
      onLost: () => this.#options.tell({ type: 'desk-lost', deskId }),
    };
    this.#setSource(source, new DeskSource(deskOf(deskId), hooks, this.#options.log));
  }

  stats(): LegStats {
    const { fromMeta, toMeta } = this.leg.traffic;
    return {
      callId: this.callId,
      iceState: this.leg.iceState,
      dtlsState: this.leg.dtlsState,
      gateOpen: this.leg.relay.isGateOpen,
      source: this.#source,
      packetsFromCustomer: fromMeta.packets,
      packetsToCustomer: toMeta.packets,
      comfortPackets: this.#switch.comfortPackets,
      packetsFromDesk: this.#deskPackets + (this.#deskSource?.packets ?? 0),
    };
  }

  async close(): Promise<void> {
    this.#stopWatchdog?.();
    this.#switch.close();
    await this.leg.close();
  }

  #setSource(source: Source, deskSource: DeskSource | undefined): void {
    this.#deskPackets += this.#deskSource?.packets ?? 0;
    this.#source = source;
    this.#deskSource = deskSource;
    this.#switch.feed(deskSource);
  }
}
