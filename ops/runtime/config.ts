import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Fault } from '../../control/contract/fault.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const seconds = z.coerce.number().positive();
const address = z.string().min(1);
const secret = z.string().min(1);
const flag = z.enum(['0', '1', 'true', 'false']).transform((value) => value === '1' || value === 'true');

const iceServers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.array(
      z.object({
        urls: z.union([z.string(), z.array(z.string())]),
        username: z.string().optional(),
        credential: z.string().optional(),
      }),
    ),
  );
export type IceServer = z.infer<typeof iceServers>[number];

// An empty variable means "not set", as in every compose file that passes variables on.
const Env = z.object({
  PORT: port.default(3000),
  HOST: address.default('127.0.0.1'),
  PUBLIC_URL: z.url().optional(),
  VAR_DIR: z.string().default('./var'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  APP_KEY: z.string().min(32).optional(),
  ADMIN_EMAIL: z.string().default('admin@localhost'),
  ADMIN_PASSWORD: secret.optional(),
  META_GRAPH_URL: z.url().default('https://graph.facebook.com/v25.0'),
  META_APP_SECRET: secret.optional(),
  META_VERIFY_TOKEN: secret.optional(),
  META_ACCESS_TOKEN: secret.optional(),
  META_PHONE_NUMBER_ID: z.string().optional(),
  META_WABA_ID: z.string().optional(),
  MEDIA_LISTEN_IP: address.default('127.0.0.1'),
  MEDIA_ANNOUNCED_ADDRESS: address.optional(),
  MEDIA_PORT_MIN: port.default(40_000),
  MEDIA_PORT_MAX: port.default(49_999),
  MEDIA_WORKERS: z.coerce.number().int().min(1).max(256).optional(),
  MEDIA_CAPACITY: z.coerce.number().int().min(1).default(500),
  MEDIA_URL: z.url().default('http://127.0.0.1:3100'),
  MEDIA_TOKEN: secret.optional(),
  MEDIASOUP_WORKER_BIN: z.string().optional(),
  META_ICE_SERVERS: iceServers.default([]),
  DESK_ICE_SERVERS: iceServers.default([]),
  // Meta gives up after 30 to 60 s. Voicemail will take over after 15; until it exists, people get most of that time.
  VOICEMAIL_AFTER_SECONDS: seconds.default(30),
  SIM_PORT: port.default(3200),
  WEBHOOK_URL: z.url().optional(),
  DEMO: flag.optional(),
});

export type Config = ReturnType<typeof readConfig>;

/** The variables that are read, and no other is. */
export const settingNames = Object.keys(Env.shape);

/**
 * The only reader of the environment. A bad value is named, all of them at once, and never shown.
 * @throws Fault `config/invalid`; a process that meets it exits 78 (EX_CONFIG of sysexits.h).
 */
export function readConfig(env: NodeJS.ProcessEnv) {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Env.safeParse(set);
  if (!parsed.success) {
    const bad = parsed.error.issues.map((issue) => `${String(issue.path[0])} (${issue.code.replaceAll('_', ' ')})`);
    throw new Fault('config/invalid', `These settings are missing or not valid: ${[...new Set(bad)].join(', ')}.`);
  }
  const e = parsed.data;
  if (e.MEDIA_PORT_MIN > e.MEDIA_PORT_MAX) {
    throw new Fault('config/invalid', 'MEDIA_PORT_MIN must not be above MEDIA_PORT_MAX.');
  }
  const varDir = resolve(e.VAR_DIR);
  return {
    demo: e.DEMO ?? e.META_ACCESS_TOKEN === undefined,
    logLevel: e.LOG_LEVEL,
    varDir,
    appKey: e.APP_KEY,
    appKeyFile: join(varDir, 'app.key'),
    http: { host: e.HOST, port: e.PORT, publicUrl: e.PUBLIC_URL ?? `http://localhost:${e.PORT}` },
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    admin: { email: e.ADMIN_EMAIL, password: e.ADMIN_PASSWORD },
    meta: {
      graphUrl: e.META_GRAPH_URL,
      appSecret: e.META_APP_SECRET,
      verifyToken: e.META_VERIFY_TOKEN,
      accessToken: e.META_ACCESS_TOKEN,
      phoneNumberId: e.META_PHONE_NUMBER_ID,
      wabaId: e.META_WABA_ID,
    },
    media: {
      url: e.MEDIA_URL,
      token: e.MEDIA_TOKEN,
      listenIp: e.MEDIA_LISTEN_IP,
      announcedAddress: e.MEDIA_ANNOUNCED_ADDRESS ?? e.MEDIA_LISTEN_IP,
      portMin: e.MEDIA_PORT_MIN,
      portMax: e.MEDIA_PORT_MAX,
      workers: e.MEDIA_WORKERS,
      capacity: e.MEDIA_CAPACITY,
      workerBin: e.MEDIASOUP_WORKER_BIN,
      metaIceServers: e.META_ICE_SERVERS,
      deskIceServers: e.DESK_ICE_SERVERS,
    },
    ring: { voicemailAfterMs: e.VOICEMAIL_AFTER_SECONDS * 1000 },
    /** `webhookUrl`: where the stand-in for Meta sends its webhooks; by default this machine's gateway. */
    sim: { port: e.SIM_PORT, webhookUrl: e.WEBHOOK_URL ?? `http://127.0.0.1:${e.PORT}/webhooks/wa-calling` },
  };
}
