import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import type { Control } from '../control/control.ts';
import type { MediaPort, NotifierPort } from '../control/ports.ts';
import type { Log } from '../ops/runtime/log.ts';
import type { Redis } from '../ops/runtime/redis.ts';
import { deriveKey } from './app-key.ts';
import { createDeskLines, type DeskLines } from './desk/line.ts';
import { loginRoutes } from './desk/login.ts';
import { openApiDocument } from './desk/openapi.ts';
import { restRoutes } from './desk/rest.ts';
import { createSessions, type Sessions } from './desk/session.ts';
import { serveConsole } from './http/console.ts';
import { notFound, onError } from './http/faults.ts';
import { healthz, metricsPage, readyz } from './http/health.ts';
import { asRoute, trackRequests } from './http/requests.ts';
import { securityHeaders } from './http/security.ts';
import { createWebhookHandler, isWebhook } from './meta/webhooks.ts';
import type { Metrics } from './metrics.ts';

/** No JSON of the console is larger: a text of 4096 characters in a few fields. */
const maxJson = '64kb';

export type GatewayParts = {
  readonly redis: Redis;
  readonly media: MediaPort;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly appKey: string;
  readonly publicUrl: string;
  /** The built console (`ui/dist`). */
  readonly consoleFolder: string;
};

export type Gateway = {
  /** What control needs of the desks before it exists itself. */
  readonly notifier: NotifierPort;
  /** Takes requests from now on; resolves with the port. */
  listen(control: Control, at: { host: string; port: number }): Promise<number>;
  /** Takes no more requests, lets running ones end, sends consoles elsewhere. */
  close(): Promise<void>;
};

/** The edges of the product on one HTTP server: Meta's webhooks, the console's API and lines, health, the console itself. */
export function createGateway(parts: GatewayParts): Gateway {
  const { redis, publicUrl, log, metrics } = parts;
  const sessions = createSessions({ redis, secret: deriveKey(parts.appKey, 'sessions'), publicUrl });
  const desks = createDeskLines({ redis, sessions, publicUrl, log, metrics });
  const server = createServer();
  // Longer than the idle time of usual load balancers (60 s): they must be the ones that close.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  let draining = false;

  return {
    notifier: desks.notifier,
    async listen(control, { host, port }) {
      const app = createApp(parts, { control, sessions, desks, isDraining: () => draining });
      const webhooks = createWebhookHandler({ control, log, metrics });
      // Past everything that people need: 500 webhooks a second have to go through here.
      server.on('request', (request, response) => {
        if (isWebhook(request.url)) webhooks(request, response);
        else app(request, response);
      });
      desks.open(control, server);
      await startListening(server, host, port);
      return (server.address() as AddressInfo).port;
    },
    async close() {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that was busy a moment ago is idle now, and would be kept for a minute.
      const idle = setInterval(() => server.closeIdleConnections(), 50);
      // Whoever is still not done then is cut off: a webhook comes again, a console asks again.
      const force = setTimeout(() => server.closeAllConnections(), 3000);
      await Promise.all([desks.close(), closed]);
      clearInterval(idle);
      clearTimeout(force);
    },
  };
}

type Inner = { control: Control; sessions: Sessions; desks: DeskLines; isDraining: () => boolean };

function createApp(parts: GatewayParts, { control, sessions, desks, isDraining }: Inner): Express {
  const { redis, media, log, metrics, publicUrl } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  // A proxy on a private address is ours; what it says of the client's address is believed.
  app.set('trust proxy', 'loopback, linklocal, uniquelocal');

  app.use(trackRequests(log, metrics));
  app.get('/healthz', asRoute('/healthz'), healthz);
  app.get('/readyz', asRoute('/readyz'), readyz({ control, redis, media, isDraining }));
  app.get('/metrics', asRoute('/metrics'), metricsPage(metrics));

  app.use(...securityHeaders(publicUrl));
  const document = openApiDocument(publicUrl);
  app.get('/api/openapi.json', asRoute('/api/openapi.json'), (_request, response) => {
    response.json(document);
  });
  app.use('/api', sessions.handle, express.json({ limit: maxJson }));
  app.use(
    loginRoutes({ control, sessions, redis, log, publicUrl, onSignedOut: (sessionId) => desks.endSession(sessionId) }),
  );
  app.use(restRoutes(control, sessions));
  app.use('/api', notFound);
  app.use('/webhooks', notFound);

  app.use(serveConsole(parts.consoleFolder));
  app.use(notFound);
  app.use(onError(log));
  return app;
}

function startListening(server: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
