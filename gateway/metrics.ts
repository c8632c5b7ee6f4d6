import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

/** Seconds; dense where a person starts to notice, and at the webhook's goal of 50 ms. */
const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const slow = [0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 2, 3, 5, 10];

/**
 * What a gateway counts and times, in a registry of its own, so that several can live in one test.
 * Labels come from our own tables alone: whatever a stranger sends must not become a time series.
 */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'switchboard_http_request_duration_seconds',
      help: 'Answered HTTP requests of the console and its API.',
      labelNames: ['route', 'method', 'status'],
      buckets: quick,
      registers,
    }),
    webhookSeconds: new Histogram({
      name: 'switchboard_webhook_duration_seconds',
      help: "From a webhook's first byte to its answer.",
      labelNames: ['result'],
      buckets: quick,
      registers,
    }),
    webhookItems: new Counter({
      name: 'switchboard_webhook_items_total',
      help: 'What the webhooks carried, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    graphSeconds: new Histogram({
      name: 'switchboard_graph_request_duration_seconds',
      help: "One request to Meta's Graph API, each try for itself.",
      labelNames: ['action', 'result'],
      buckets: slow,
      registers,
    }),
    graphErrors: new Counter({
      name: 'switchboard_graph_errors_total',
      help: "What Meta refused, by Meta's code; `network` and `timeout` when it did not answer.",
      labelNames: ['action', 'code'],
      registers,
    }),
    mediaSeconds: new Histogram({
      name: 'switchboard_media_command_duration_seconds',
      help: 'Commands to media nodes.',
      labelNames: ['command', 'result'],
      buckets: quick,
      registers,
    }),
    mediaEvents: new Counter({
      name: 'switchboard_media_events_total',
      help: 'Events read from the stream of the media nodes.',
      labelNames: ['type', 'result'],
      registers,
    }),
    deskLines: new Gauge({
      name: 'switchboard_desk_lines',
      help: 'Consoles connected to this gateway.',
      registers,
    }),
    deskSeconds: new Histogram({
      name: 'switchboard_desk_request_duration_seconds',
      help: 'Requests of consoles over their line.',
      labelNames: ['name', 'result'],
      buckets: quick,
      registers,
    }),
  };
}
