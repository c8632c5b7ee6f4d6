import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Log } from '../../ops/runtime/log.ts';
import type { Metrics } from '../metrics.ts';

/** What a load balancer may have given the request already. */
const RequestId = /^[\w.:-]{8,100}$/;

/** Names, times and logs every request. The route's pattern is logged, not its address: that may hold a search. */
export function trackRequests(log: Log, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && RequestId.test(given) ? given : randomUUID();
    const started = performance.now();
    response.locals['requestId'] = requestId;
    response.setHeader('x-request-id', requestId);
    response.once('close', () => {
      const route = (response.locals['route'] as string | undefined) ?? 'other';
      const status = response.writableFinished ? response.statusCode : 499;
      const seconds = (performance.now() - started) / 1000;
      metrics.httpSeconds.observe({ route, method: request.method, status: String(status) }, seconds);
      const level = status >= 500 ? 'warn' : 'debug';
      log[level]({ requestId, route, method: request.method, status, ms: Math.round(seconds * 1000) }, 'http request');
    });
    next();
  };
}

/** Says which route a request is counted as. */
export const asRoute =
  (route: string): RequestHandler =>
  (_request, response, next) => {
    response.locals['route'] = route;
    next();
  };
