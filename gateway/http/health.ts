import type { RequestHandler } from 'express';
import type { Control } from '../../control/control.ts';
import type { MediaPort } from '../../control/ports.ts';
import type { Redis } from '../../ops/runtime/redis.ts';
import { within } from '../failure.ts';
import { awaited } from './faults.ts';
import type { Metrics } from '../metrics.ts';

const checkMs = 2000;

/** The process answers: all that a supervisor should restart it for. */
export const healthz: RequestHandler = (_request, response) => {
  response.json({ ok: true });
};

type Parts = { control: Control; redis: Redis; media: MediaPort; isDraining: () => boolean };

/** Should traffic come here? Says what is missing, so that nobody has to guess at night. */
export function readyz({ control, redis, media, isDraining }: Parts): RequestHandler {
  const checks = {
    database: () => control.ready(),
    redis: async () => redis.isReady && (await redis.ping()) === 'PONG',
    media: async () => (await media.nodes()).some((node) => !node.draining),
  };
  return awaited(async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const ok = await within(checkMs, check(), name).catch(() => false);
        return [name, ok ? 'ok' : 'missing'] as const;
      }),
    );
    const ready = !isDraining() && results.every(([, state]) => state === 'ok');
    response.setHeader('cache-control', 'no-store');
    response.status(ready ? 200 : 503).json({ ready, draining: isDraining(), ...Object.fromEntries(results) });
  });
}

export const metricsPage =
  ({ registry }: Metrics): RequestHandler =>
  (_request, response, next) => {
    registry.metrics().then((text) => response.type(registry.contentType).send(text), next);
  };
