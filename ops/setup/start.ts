import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../control/contract/fault.ts';
import { readConfig, type Config } from '../runtime/config.ts';
import { Keeper, type KeeperEvents, type Running } from '../services/keeper.ts';
import { EX_CONFIG, StartFailed, startNodeProcess } from '../services/node-process.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { beginLog } from '../services/server-process.ts';
import { buildPages, consolePages, phonePages } from './pages.ts';
import { holdFolder, requireFreePorts, type WantedPort } from './ports.ts';
import { logFileOf, phoneUrl, planProduct, type ProcessPlan } from './product.ts';
import { programsOfProduct, providePrograms } from './programs.ts';
import { keptSecrets } from './secrets.ts';
import { bold, dim, giveUp, green, red, SetupError, step, yellow } from './steps.mjs';
import { provideWorker } from './worker.ts';

/**
 * `npm start`: makes this machine ready, starts everything, keeps it running, and ends everything
 * when it is told to. How it dies does not matter: nothing it started outlives it.
 */

const ROOT = join(import.meta.dirname, '../..');
const keepers: Keeper[] = [];
let stopping: Promise<void> | undefined;
let firstSignalAt = 0;

async function start(): Promise<void> {
  const began = performance.now();
  const config = configOrExit();
  mkdirSync(join(config.varDir, 'log'), { recursive: true });
  await holdFolder(config.varDir);
  await requireFreePorts(portsOf(config));
  const setupLog = logFileOf(config, 'setup');
  beginLog(setupLog);

  await step('Programs', (doing) => providePrograms(programsOfProduct(config), doing, setupLog));
  const worker = await step('Media worker', (doing) => provideWorker(doing, setupLog));
  for (const pages of config.demo ? [consolePages, phonePages] : [consolePages]) {
    await step(pages.title, (doing) => buildPages(pages, doing));
  }

  const secrets = keptSecrets(config.varDir);
  const [databaseUrl, redisUrl] = await Promise.all([
    config.databaseUrl ?? startDatabase(config),
    config.redisUrl ?? startCache(config),
  ]);
  const plans = planProduct(config, { databaseUrl, redisUrl, workerBin: worker.path, secrets }, process.env);
  // All at once: each waits for what it needs of the others.
  await Promise.all(plans.map((plan) => startProcess(config, plan)));
  welcome(config, secrets.adminPassword, performance.now() - began);
}

async function startDatabase(config: Config): Promise<string> {
  const launch = (): ReturnType<typeof startPostgres> =>
    startPostgres({ dir: join(config.varDir, 'postgres'), logFile: logFileOf(config, 'postgres') });
  return startService('PostgreSQL', launch);
}

async function startCache(config: Config): Promise<string> {
  const launch = (): ReturnType<typeof startRedis> =>
    startRedis({ dir: join(config.varDir, 'redis'), logFile: logFileOf(config, 'redis') });
  return startService('Redis', launch);
}

/** @returns its address, which stays the same when it is started again */
async function startService(title: string, launch: () => Promise<Running & { url: string }>): Promise<string> {
  let url = '';
  await step(title, async () => {
    const keeper = await Keeper.start(
      title,
      async () => {
        const service = await launch();
        ({ url } = service);
        return service;
      },
      events,
    );
    keepers.push(keeper);
    return 'runs, on a socket of its own';
  });
  return url;
}

async function startProcess(config: Config, plan: ProcessPlan): Promise<void> {
  const titles = { sim: 'Stand-in for Meta', media: 'Media', gateway: 'Gateway' };
  await step(titles[plan.name], async () => {
    if (stopping) throw new SetupError('Stopped.');
    const keeper = await Keeper.start(plan.name, () => launchNode(config, plan), events);
    keepers.push(keeper);
    return `runs, ${plan.url}`;
  });
}

function launchNode(config: Config, plan: ProcessPlan): Promise<Running> {
  const logFile = logFileOf(config, plan.name);
  const env = { ...plan.env, NODE_ENV: 'production' };
  const readyUrl = plan.url + plan.readyPath;
  return startNodeProcess({ ...plan, readyUrl, cwd: ROOT, env, logFile, entry: join(ROOT, plan.entry), onTrouble });
}

const events: KeeperEvents = {
  onDown(name, reason, againInMs) {
    say(`${red(`${name} has ended`)} (${reason.split('\n')[0]}). Starting it again in ${againInMs / 1000} s.`);
  },
  onBack(name, afterMs) {
    say(`${green(`${name} runs again`)}, after ${(afterMs / 1000).toFixed(1)} s.`);
  },
  onGivenUp(name, reason) {
    say(red(`${name} has ended (${reason}) because of its configuration; starting it again would not help.`));
    process.exitCode = EX_CONFIG;
    stopOn();
  },
};

function onTrouble(name: string, line: string): void {
  if (!stopping) console.error(`${yellow(name.padEnd(8))} ${line}`);
}

function say(text: string): void {
  console.log(`${dim(new Date().toISOString().slice(11, 19))} ${text}`);
}

function stopOn(): void {
  if (stopping) {
    // Ctrl-C at a terminal reaches us directly and through npm: one press, two signals.
    if (performance.now() - firstSignalAt < 500) return;
    process.exit(1);
  }
  firstSignalAt = performance.now();
  console.log(`\n${dim('Stopping everything (again to stop at once) …')}`);
  stopping = stopAll().then(() => {
    console.log('Stopped.');
    process.exit();
  });
}

/** Who serves people first; what they stand on last. */
async function stopAll(): Promise<void> {
  for (const keeper of keepers.toReversed()) await keeper.close();
}

function configOrExit(): Config {
  try {
    process.loadEnvFile(join(ROOT, '.env'));
  } catch {
    // There need not be one.
  }
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    console.error(`\n${red(error.message)}\nSee ops/env.example.\n`);
    return process.exit(EX_CONFIG);
  }
}

function portsOf(config: Config): WantedPort[] {
  const media = new URL(config.media.url);
  return [
    { host: config.http.host, port: config.http.port, variable: 'PORT' },
    { host: '127.0.0.1', port: Number(media.port || 80), variable: 'MEDIA_URL' },
    ...(config.demo ? [{ host: '127.0.0.1', port: config.sim.port, variable: 'SIM_PORT' }] : []),
  ];
}

const row = (name: string, value: string): string => `  ${name.padEnd(12)} ${value}`;

function welcome(config: Config, madeUpPassword: string, tookMs: number): void {
  const password = config.admin.password === undefined ? bold(madeUpPassword) : '(from ADMIN_PASSWORD)';
  console.log(
    [
      '',
      `${green('Switchboard runs')} ${dim(`(ready after ${(tookMs / 1000).toFixed(1)} s)`)}`,
      '',
      row('Console', bold(config.http.publicUrl)),
      row('Sign in', `${bold(config.admin.email)}  ${password}`),
      ...(config.demo ? [row('Phone', `${bold(phoneUrl(config))}  plays the customer`)] : []),
      row('Logs', join(config.varDir, 'log')),
      '',
      dim('Ctrl-C stops everything.'),
      '',
    ].join('\n'),
  );
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopOn);

try {
  await start();
} catch (error) {
  await stopAll();
  giveUp(
    error instanceof StartFailed ? Object.assign(new SetupError(error.message), { exitCode: error.code ?? 1 }) : error,
  );
}
