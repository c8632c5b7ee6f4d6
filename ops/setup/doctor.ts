import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../control/contract/fault.ts';
import { type Config, readConfig } from '../runtime/config.ts';
import { createLog } from '../runtime/log.ts';
import { createRedis } from '../runtime/redis.ts';
import { query, startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { portObstacle } from './ports.ts';
import { programsOfProduct } from './programs.ts';
import { dim, giveUp, green, red, SetupError, yellow } from './steps.mjs';
import { findWorker } from './worker.ts';

/**
 * `npm run doctor`: looks at everything that Switchboard stands on, changes nothing, and says what is
 * wrong and what to do. Ends with 1 when something is.
 */

const ROOT = join(import.meta.dirname, '../..');
/** What is fine, in a few words; a `Concern` is thrown for what is worth a look, an Error for what is wrong. */
type Check = { readonly title: string; readonly look: () => Promise<string> | string };
class Concern extends Error {}

function checksOf(config: Config): Check[] {
  const media = new URL(config.media.url);
  return [
    ...programsOfProduct(config).map((program) => ({
      title: program.name,
      look: () => program.find() ?? wrong(`Not installed. On Debian: apt-get install ${program.package}`),
    })),
    { title: 'Media worker', look: () => findWorker() ?? wrong('None yet. `npm start` gets or builds one.') },
    { title: 'Console', look: () => free(config.http.host, config.http.port, 'PORT') },
    { title: 'Media commands', look: () => free('127.0.0.1', Number(media.port || 80), 'MEDIA_URL') },
    { title: 'Media over UDP', look: () => udpPath(config) },
    { title: 'Announced address', look: () => announced(config) },
    { title: 'Database', look: () => database(config) },
    { title: 'Redis server', look: () => redis(config) },
    { title: 'Disk', look: () => disk(config) },
    { title: 'Number at Meta', look: () => carrier(config) },
  ];
}

async function free(host: string, port: number, variable: string): Promise<string> {
  const obstacle = await portObstacle({ host, port, variable });
  if (obstacle !== undefined) throw new Concern(`${obstacle} Fine if that is Switchboard itself.`);
  return `${host}, port ${port} is free`;
}

function wrong(text: string): never {
  throw new Error(text);
}

/** A datagram from the media address to itself. */
async function udpPath({ media }: Config): Promise<string> {
  const family = media.listenIp.includes(':') ? 'udp6' : 'udp4';
  const [here, there] = [createSocket(family), createSocket(family)];
  try {
    const patience = { signal: AbortSignal.timeout(2000) };
    here.bind(0, media.listenIp);
    await once(here, 'listening', patience);
    const { port, address } = here.address();
    const any = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    there.send('hello', port, any);
    await once(here, 'message', patience);
    return `a packet came through on ${media.listenIp}; calls use ports ${media.portMin} to ${media.portMax}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRNOTAVAIL' ? 'this machine does not have that address' : (code ?? 'the packet was lost');
    return wrong(`UDP on MEDIA_LISTEN_IP (${media.listenIp}) does not work: ${why}.`);
  } finally {
    here.close();
    there.close();
  }
}

function announced({ media, http }: Config): string {
  const { listenIp, announcedAddress } = media;
  if (['0.0.0.0', '::'].includes(announcedAddress)) {
    return wrong(
      `Browsers would be sent to ${announcedAddress}. Set MEDIA_ANNOUNCED_ADDRESS to the address that they reach.`,
    );
  }
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  if (announcedAddress === listenIp && !own.some(({ address }) => address === listenIp)) {
    return wrong(`MEDIA_LISTEN_IP (${listenIp}) is no address of this machine.`);
  }
  const isPublic = new URL(http.publicUrl).hostname !== 'localhost';
  if (isPublic && announcedAddress.startsWith('127.')) {
    throw new Concern(
      `The console is for ${http.publicUrl}, yet audio is announced at ${announcedAddress}: this machine alone.`,
    );
  }
  return announcedAddress;
}

async function database(config: Config): Promise<string> {
  if (config.databaseUrl !== undefined) {
    await query(config.databaseUrl, 'SELECT 1');
    return 'the one of DATABASE_URL answers';
  }
  return withFolder('postgres', async (dir) => {
    const postgres = await startPostgres({ dir: join(dir, 'data'), durable: false });
    await postgres.close();
    return 'an embedded one starts here';
  });
}

async function redis(config: Config): Promise<string> {
  if (config.redisUrl === undefined) {
    return withFolder('redis', async (dir) => {
      const server = await startRedis({ dir, durable: false });
      await server.close();
      return 'an embedded one starts here';
    });
  }
  const client = createRedis(config.redisUrl, createLog('doctor', 'silent'));
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('The one of REDIS_URL does not answer.')), 3000).unref();
  });
  try {
    await Promise.race([client.connect(), late]);
    return 'the one of REDIS_URL answers';
  } finally {
    client.destroy();
  }
}

async function withFolder(what: string, work: (dir: string) => Promise<string>): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), `switchboard-doctor-${what}-`));
  chmodSync(dir, 0o755); // Postgres is another user
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function disk({ varDir }: Config): Promise<string> {
  mkdirSync(varDir, { recursive: true });
  const { bavail, bsize } = await statfs(varDir);
  const gigabytes = (bavail * bsize) / 1e9;
  if (gigabytes < 2) throw new Concern(`Only ${gigabytes.toFixed(1)} GB are free for ${varDir}.`);
  return `${gigabytes.toFixed(0)} GB are free for ${varDir}`;
}

function carrier({ demo, meta, http }: Config): string {
  if (demo) return 'none: a demo with the stand-in';
  const names = {
    META_APP_SECRET: meta.appSecret,
    META_VERIFY_TOKEN: meta.verifyToken,
    META_ACCESS_TOKEN: meta.accessToken,
    META_PHONE_NUMBER_ID: meta.phoneNumberId,
    META_WABA_ID: meta.wabaId,
  };
  const missing = Object.entries(names).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length > 0) return wrong(`Not set: ${missing.join(', ')}.`);
  if (!http.publicUrl.startsWith('https:'))
    throw new Concern(`Meta sends webhooks to https:// alone; PUBLIC_URL is ${http.publicUrl}.`);
  return 'everything is set';
}

async function main(): Promise<boolean> {
  try {
    process.loadEnvFile(join(ROOT, '.env'));
  } catch {
    // There need not be one.
  }
  const config = readConfig(process.env);
  let well = true;
  for (const { title, look } of checksOf(config)) {
    const line = (mark: string, text: string): void => console.log(`  ${mark} ${title.padEnd(18)} ${text}`);
    try {
      line(green('✔'), await look());
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (error instanceof Concern) line(yellow('!'), text);
      else {
        well = false;
        line(red('✘'), text);
      }
    }
  }
  console.log(well ? `\n${green('All is well.')}` : `\n${red('Something is wrong.')} ${dim('See above.')}`);
  return well;
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  giveUp(error instanceof Fault ? new SetupError(error.message) : error);
}
