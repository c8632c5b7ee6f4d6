import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type NodeFigures = {
  readonly legs: number;
  readonly desks: number;
  readonly workers: number;
  readonly waitingEvents: number;
};

/** Every figure of the media process, in one registry of its own. */
export class MediaMetrics {
  readonly #registry = new Registry();
  readonly #commands: Histogram<'command' | 'outcome'>;
  readonly #events: Counter<'type'>;
  readonly #lateness: Histogram;

  constructor(figures: () => NodeFigures) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const gauge = (name: string, help: string, read: (f: NodeFigures) => number): Gauge =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read(figures()));
        },
      });
    gauge('switchboard_media_legs', 'Legs to Meta that are open on this node.', (f) => f.legs);
    gauge('switchboard_media_desks', 'Desks known to this node.', (f) => f.desks);
    gauge('switchboard_media_workers', 'mediasoup workers that are alive.', (f) => f.workers);
    gauge('switchboard_media_events_waiting', 'Events that Redis has not taken yet.', (f) => f.waitingEvents);
    this.#commands = new Histogram({
      name: 'switchboard_media_command_ms',
      help: 'Time that a command took, in milliseconds, by its outcome.',
      labelNames: ['command', 'outcome'],
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000],
      registers,
    });
    this.#events = new Counter({
      name: 'switchboard_media_events_total',
      help: 'Media events by type.',
      labelNames: ['type'],
      registers,
    });
    this.#lateness = new Histogram({
      name: 'switchboard_media_rtp_out_late_ms',
      help: 'How late the 20 ms beat of outgoing RTP came, in milliseconds.',
      buckets: [1, 2, 5, 10, 20, 50, 100],
      registers,
    });
  }

  readonly onCommand = (command: string, outcome: string, ms: number): void => {
    this.#commands.observe({ command, outcome }, ms);
  };

  readonly onBeat = (lateMs: number): void => {
    this.#lateness.observe(lateMs);
  };

  onEvent(type: string): void {
    this.#events.inc({ type });
  }

  async read(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
