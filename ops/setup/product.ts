import { join } from 'node:path';
import type { Config } from '../runtime/config.ts';
import type { Secrets } from './secrets.ts';

/** One of our processes: what it is told, and where it says that it is up (`url` + `readyPath`). */
export type ProcessPlan = {
  readonly name: 'sim' | 'media' | 'gateway';
  readonly entry: string;
  readonly url: string;
  readonly readyPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly graceMs: number;
};

export type Provided = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly workerBin: string;
  readonly secrets: Secrets;
};

// The stand-in's business: a number and an account that look like Meta's and are nobody's.
const DEMO_NUMBER = { META_PHONE_NUMBER_ID: '106540352242922', META_WABA_ID: '102290129340398' };

// Secrets go to the processes that need them, and to no other.
const GATEWAY_ALONE = new Set([
  'DATABASE_URL',
  'APP_KEY',
  'ADMIN_EMAIL',
  'ADMIN_PASSWORD',
  'META_APP_SECRET',
  'META_VERIFY_TOKEN',
  'META_ACCESS_TOKEN',
]);

export const simUrl = (config: Config): string => `http://localhost:${config.sim.port}`;
/** The demo's customer: a page that plays his phone. */
export const phoneUrl = (config: Config): string => `${simUrl(config)}/phone`;

/**
 * The processes of one machine in the order of their start. `inherited` is our own environment,
 * of which each gets what is no secret of another.
 */
export function planProduct(config: Config, provided: Provided, inherited: NodeJS.ProcessEnv): ProcessPlan[] {
  const machine = Object.fromEntries(
    Object.entries(inherited).filter(
      ([name]) => !/^npm_/i.test(name) && !GATEWAY_ALONE.has(name) && name !== 'MEDIA_TOKEN',
    ),
  ) as Record<string, string>;
  const common = { ...machine, VAR_DIR: config.varDir, DEMO: config.demo ? '1' : '0' };
  const carrier = config.demo ? demoCarrier(config, provided.secrets) : ownCarrier(inherited);
  const media = {
    REDIS_URL: provided.redisUrl,
    MEDIA_URL: config.media.url,
    MEDIA_TOKEN: config.media.token ?? provided.secrets.mediaToken,
    MEDIASOUP_WORKER_BIN: provided.workerBin,
  };
  const sim: ProcessPlan = {
    name: 'sim',
    entry: 'ops/sim/main.ts',
    url: `http://127.0.0.1:${config.sim.port}`,
    readyPath: '/sim/health',
    env: {
      ...common,
      ...carrier,
      SIM_PORT: String(config.sim.port),
      WEBHOOK_URL: `http://127.0.0.1:${config.http.port}/webhooks/wa-calling`,
      MEDIASOUP_WORKER_BIN: provided.workerBin,
    },
    graceMs: 3000,
  };
  return [
    ...(config.demo ? [sim] : []),
    {
      name: 'media',
      entry: 'media/main.ts',
      url: config.media.url,
      readyPath: '/readyz',
      env: { ...common, ...media },
      graceMs: 10_000,
    },
    {
      name: 'gateway',
      entry: 'gateway/main.ts',
      url: gatewayUrl(config),
      readyPath: '/readyz',
      env: {
        ...common,
        ...media,
        ...carrier,
        DATABASE_URL: provided.databaseUrl,
        ...(config.appKey === undefined ? {} : { APP_KEY: config.appKey }), // else it keeps one in VAR_DIR
        ADMIN_EMAIL: config.admin.email,
        ADMIN_PASSWORD: config.admin.password ?? provided.secrets.adminPassword,
      },
      graceMs: 8000,
    },
  ];
}

/** The log of a process, and of everything else that is started. */
export const logFileOf = (config: Config, name: string): string => join(config.varDir, 'log', `${name}.log`);

/** The gateway as this machine itself reaches it. */
function gatewayUrl({ http }: Config): string {
  const host = ['0.0.0.0', '::'].includes(http.host) ? '127.0.0.1' : http.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`;
}

function demoCarrier(config: Config, { demo }: Secrets): Record<string, string> {
  return {
    ...DEMO_NUMBER,
    META_GRAPH_URL: `http://127.0.0.1:${config.sim.port}/graph/v25.0`,
    META_APP_SECRET: demo.appSecret,
    META_VERIFY_TOKEN: demo.verifyToken,
    META_ACCESS_TOKEN: demo.accessToken,
  };
}

/** The real number's settings, as our own environment has them. */
function ownCarrier(inherited: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(inherited).filter(([name, value]) => name.startsWith('META_') && value !== undefined);
  return Object.fromEntries(set) as Record<string, string>;
}
