import { join } from 'node:path';
import { createControl } from '../control/create.ts';
import { Fault } from '../control/contract/fault.ts';
import { readConfig, type Config } from '../ops/runtime/config.ts';
import { createLog, type Log } from '../ops/runtime/log.ts';
import { createRedis } from '../ops/runtime/redis.ts';
import { onShutdown } from '../ops/runtime/shutdown.ts';
import { loadAppKey } from './app-key.ts';
import { failure } from './failure.ts';
import { createGateway } from './gateway.ts';
import { createHttpClient } from './http/client.ts';
import { createMedia } from './media.ts';
import { createCarrier } from './meta/graph.ts';
import { createMetrics } from './metrics.ts';

/** `sysexits.h`: the configuration is wrong, and starting again will not help. */
const exitConfig = 78;

try {
  await main(readConfig(process.env));
} catch (error) {
  if (!(error instanceof Fault && error.code === 'config/invalid')) throw error;
  console.error(error.message);
  process.exit(exitConfig);
}

/** Plugs the gateway's adapters into control and opens the door. */
async function main(config: Config): Promise<void> {
  const log = createLog('gateway', config.logLevel);
  watchForBugs(log);
  const { databaseUrl, redisUrl, mediaToken } = required(config);
  const appKey = loadAppKey(config.appKey, config.appKeyFile);

  const redis = createRedis(redisUrl, log);
  await redis.connect();
  const metrics = createMetrics();
  const graphHttp = createHttpClient();
  const mediaHttp = createHttpClient();
  const media = createMedia({ redis, http: mediaHttp, token: mediaToken, log, metrics });
  const carrier = createCarrier({ graphUrl: config.meta.graphUrl, http: graphHttp, log, metrics });
  const gateway = createGateway({
    redis,
    media,
    metrics,
    log,
    appKey,
    publicUrl: config.http.publicUrl,
    consoleFolder: join(import.meta.dirname, '../ui/dist'),
  });
  const control = await createControl({
    ports: { carrier, media, notifier: gateway.notifier },
    databaseUrl,
    redis,
    appKey,
    log,
    admin: config.admin,
    meta: config.meta,
    ring: config.ring,
    deskIceServers: config.media.deskIceServers,
    onFirstAdmin({ email, password }) {
      // To the terminal and not to the log: this is the only time that it is ever shown.
      if (config.admin.password === undefined) console.log(`First admin: ${email}, password: ${password}`);
    },
  });
  const port = await gateway.listen(control, config.http);
  log.info({ host: config.http.host, port, publicUrl: config.http.publicUrl, demo: config.demo }, 'gateway ready');

  onShutdown(log, async () => {
    await gateway.close();
    // Webhooks and commands that are under way end here, or are left where another gateway finds them.
    await control.close();
    graphHttp.close();
    mediaHttp.close();
    redis.destroy();
  });
}

function required({ databaseUrl, redisUrl, media }: Config) {
  const missing = Object.entries({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, MEDIA_TOKEN: media.token })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  if (databaseUrl === undefined || redisUrl === undefined || media.token === undefined) {
    throw new Fault(
      'config/invalid',
      `The gateway needs ${missing.join(', ')}. \`npm start\` provides them on one machine.`,
    );
  }
  return { databaseUrl, redisUrl, mediaToken: media.token };
}

/**
 * After an uncaught exception nobody knows what is half done: calls are safe in the database, and a
 * restart takes a second. A rejection that nobody waited for leaves nothing half done, and while Redis
 * is away it could come again after each restart.
 */
function watchForBugs(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal(failure(error), 'gateway stops because of a bug');
    process.exit(1);
  });
  process.on('unhandledRejection', (error) => log.error(failure(error), 'a rejection that nobody waited for'));
}
