import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import { createMetrics, type Metrics } from '../../gateway/metrics.ts';
import { createRedis, type Redis } from '../../ops/runtime/redis.ts';
import type { MediaPort } from '../../control/ports.ts';
import { freshRedis, temporaryFolder, type TestRedis } from '../support/services.ts';
import { noMedia, password, silentLog, until, type FakeControl } from './fakes.ts';

export type TestGateway = {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly redis: Redis;
  readonly metrics: Metrics;
  close(): Promise<void>;
};

export async function startGateway(
  control: FakeControl,
  server: TestRedis,
  options: { publicUrl?: string; consoleFolder?: string; media?: MediaPort } = {},
): Promise<TestGateway> {
  const redis = createRedis(server.url, silentLog);
  await redis.connect();
  // The adapter between gateways must have subscribed before it may be closed: its own promise for that has no catch.
  const listeners = async (): Promise<number> => (await redis.pubSubNumSub('socket.io#/#'))['socket.io#/#'] ?? 0;
  const before = await listeners();
  const metrics = createMetrics();
  const gateway = createGateway({
    redis,
    media: options.media ?? noMedia,
    metrics,
    log: silentLog,
    appKey: 'a test key of at least thirty-two characters',
    publicUrl: options.publicUrl ?? 'http://switchboard.test',
    consoleFolder: options.consoleFolder ?? temporaryFolder('console'),
  });
  const port = await gateway.listen(control, { host: '127.0.0.1', port: 0 });
  await until('the gateway hears the others', async () => (await listeners()) > before);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    redis,
    metrics,
    async close() {
      await gateway.close();
      if (redis.isReady) await redis.close();
      else redis.destroy();
    },
  };
}

/** A browser as far as HTTP goes: keeps its cookie and its token. */
export class Visitor {
  cookie = '';
  token = '';
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }

  async ask(path: string, options: { method?: string; body?: unknown; headers?: Record<string, string> } = {}) {
    const { method = 'GET', body, headers } = options;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.cookie && { cookie: this.cookie }),
        ...(this.token && { 'x-csrf-token': this.token }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(';')[0] ?? '';
    this.token = response.headers.get('x-csrf-token') ?? this.token;
    return response;
  }

  signIn(email: string, given: string = password, headers: Record<string, string> = {}): Promise<Response> {
    return this.ask('/api/login', { method: 'POST', body: { email, password: given }, headers });
  }
}

export { freshRedis };
