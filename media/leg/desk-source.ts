import type { Consumer, Producer } from 'mediasoup/types';
import type { Log } from '../../ops/runtime/log.ts';
import type { SfuWorker } from '../sfu/sfu-worker.ts';
import type { TakeRtp } from '../sfu/rtp-port.ts';
import type { RtpSource } from '../switch/source.ts';
import type { Desk } from './desk.ts';

export type DeskSourceHooks = {
  /** The microphone's first packet: for the first time, or after the desk was lost. */
  onHeard(): void;
  onLost(): void;
};

const checkMs = 500;
// A desk that sends no audio may be muted; one that sends nothing at all is lost. Browsers send a STUN check every
// 2.5 s (Chrome) on a quiet connection, so this is that plus a lost moment.
const goneAfterMs = 4000;
// A desk that is there without its microphone (a reload that ended with the microphone refused) is not heard either.
const microphoneGoneAfterMs = 1500;

/** A desk's microphone as a source of the switch; follows the desk over reloads and tells when it comes and goes. */
export class DeskSource implements RtpSource {
  readonly label = 'desk';
  readonly desk: Desk;
  readonly #hooks: DeskSourceHooks;
  readonly #log: Log;
  packets = 0;

  constructor(desk: Desk, hooks: DeskSourceHooks, log: Log) {
    this.desk = desk;
    this.#hooks = hooks;
    this.#log = log;
  }

  start(take: TakeRtp): () => void {
    const feed = new Feed(this.desk, this.#hooks, this.#log, (packet) => {
      this.packets += 1;
      take(packet);
    });
    return () => feed.stop();
  }
}

/** One turn of the desk at the switch. */
class Feed {
  readonly #desk: Desk;
  readonly #hooks: DeskSourceHooks;
  readonly #log: Log;
  readonly #take: TakeRtp;
  readonly #unwatch: () => void;
  readonly #checking: NodeJS.Timeout;
  /** Changes with every microphone, so that a slow `consume` of a former one is recognised. */
  #turn = 0;
  #consumer: Consumer | undefined;
  #isHeard = false;
  #isFresh = false;
  #microphoneGoneAt = Number.NaN;
  #aliveAt = performance.now();
  #bytes = -1;

  constructor(desk: Desk, hooks: DeskSourceHooks, log: Log, take: TakeRtp) {
    this.#desk = desk;
    this.#hooks = hooks;
    this.#log = log;
    this.#take = take;
    this.#checking = setInterval(() => void this.#check().catch(() => undefined), checkMs);
    this.#unwatch = desk.watch({
      onMicrophone: (microphone, sfu) => void this.#follow(microphone, sfu),
      onGone: () => this.#lose(),
    });
  }

  stop(): void {
    this.#turn += 1;
    clearInterval(this.#checking);
    this.#unwatch();
    this.#consumer?.close();
  }

  async #follow(microphone: Producer | undefined, sfu: SfuWorker | undefined): Promise<void> {
    const turn = (this.#turn += 1);
    this.#consumer?.close();
    this.#consumer = undefined;
    this.#microphoneGoneAt = microphone ? Number.NaN : performance.now();
    if (!microphone || !sfu) return;
    try {
      const consumer = await sfu.rtp.consume(microphone.id, (packet) => this.#onPacket(packet));
      if (turn === this.#turn) this.#consumer = consumer;
      else consumer.close();
    } catch (error) {
      // The microphone went away meanwhile; the next one is told of.
      this.#log.warn({ error: String(error) }, 'microphone not taken');
    }
  }

  #onPacket(packet: Buffer): void {
    this.#isFresh = true;
    if (!this.#isHeard) {
      this.#isHeard = true;
      this.#hooks.onHeard();
    }
    this.#take(packet);
  }

  async #check(): Promise<void> {
    if (!this.#isHeard) return;
    if (this.#isFresh) {
      this.#isFresh = false;
      this.#aliveAt = performance.now();
      this.#bytes = -1;
      return;
    }
    if (performance.now() - this.#microphoneGoneAt >= microphoneGoneAfterMs) {
      this.#lose();
      return;
    }
    const bytes = await this.#desk.bytesReceived();
    if (this.#bytes >= 0 && bytes !== this.#bytes) this.#aliveAt = performance.now();
    this.#bytes = bytes;
    if (performance.now() - this.#aliveAt >= goneAfterMs) this.#lose();
  }

  #lose(): void {
    if (!this.#isHeard) return;
    this.#isHeard = false;
    this.#isFresh = false;
    this.#hooks.onLost();
  }
}
