import { Fault } from '../../control/contract/fault.ts';
import type { Log } from '../../ops/runtime/log.ts';
import { SfuWorker, type SfuOptions } from './sfu-worker.ts';

const restartMs = 500;
// Legs and desks: about 40 operator calls, a fifth of a core.
const atEaseLoad = 80;

/** The node's workers, one a core. A worker that dies is replaced; what lived on it is told first. */
export class WorkerPool {
  readonly #options: SfuOptions;
  readonly #log: Log;
  readonly #workers: (SfuWorker | undefined)[];
  #closed = false;

  private constructor(options: SfuOptions, size: number) {
    this.#options = options;
    this.#log = options.log;
    this.#workers = Array.from({ length: size });
  }

  static async start(options: SfuOptions, size: number): Promise<WorkerPool> {
    const pool = new WorkerPool(options, size);
    try {
      for (let i = 0; i < size; i += 1) await pool.#fill(i);
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get alive(): readonly SfuWorker[] {
    return this.#workers.filter((worker) => worker?.isAlive === true) as SfuWorker[];
  }

  get size(): number {
    return this.#workers.length;
  }

  /**
   * The worker for the next leg or desk: the first one that is still at ease, else the emptiest. Calls and desks that
   * share a worker need no pipe between workers, and a worker that wakes for many packets at once costs less for each
   * (a fifth a call, measured), so they are kept together until it would cost latency.
   * @throws Fault `media/unavailable` while no worker lives.
   */
  place(): SfuWorker {
    const alive = this.alive;
    const [first, ...others] = alive;
    if (!first) {
      throw new Fault('media/unavailable', 'The media server is restarting. Try again in a moment.', {
        retryable: true,
      });
    }
    const atEase = alive.find((worker) => worker.load < (this.#options.atEase ?? atEaseLoad));
    return atEase ?? others.reduce((best, worker) => (worker.load < best.load ? worker : best), first);
  }

  close(): void {
    this.#closed = true;
    for (const worker of this.#workers) worker?.close();
  }

  async #fill(index: number): Promise<void> {
    const worker = await SfuWorker.start(this.#options, this.#options.portMin + index);
    if (this.#closed) return worker.close();
    this.#workers[index] = worker;
    worker.onDeath(() => {
      this.#log.error({ pid: worker.worker.pid, load: worker.load }, 'mediasoup worker died');
      this.#workers[index] = undefined;
      this.#refill(index);
    });
  }

  #refill(index: number): void {
    if (this.#closed) return;
    this.#fill(index).then(
      () => this.#log.info({ index }, 'mediasoup worker replaced'),
      (error: unknown) => {
        this.#log.error({ error: String(error) }, 'mediasoup worker did not start');
        setTimeout(() => this.#refill(index), restartMs).unref();
      },
    );
  }
}
