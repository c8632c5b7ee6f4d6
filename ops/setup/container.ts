import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../control/contract/fault.ts';
import { readConfig } from '../runtime/config.ts';
import { EX_CONFIG } from '../services/node-process.ts';
import { phoneUrl, planProduct } from './product.ts';
import { keptSecrets } from './secrets.ts';

/**
 * The entry of a container: becomes `gateway`, `media` or `sim` with the same settings and made-up
 * secrets as under `npm start`. The containers share VAR_DIR, a volume, for the latter.
 */
const name = process.argv[2];
try {
  const config = readConfig(process.env);
  const { databaseUrl, redisUrl } = config;
  if (databaseUrl === undefined || redisUrl === undefined) {
    throw new Fault('config/invalid', 'In a container DATABASE_URL and REDIS_URL have to be set.');
  }
  mkdirSync(config.varDir, { recursive: true });
  const secrets = keptSecrets(config.varDir);
  const workerBin = config.media.workerBin ?? '';
  const plan = planProduct(config, { databaseUrl, redisUrl, workerBin, secrets }, process.env).find(
    (process) => process.name === name,
  );
  if (!plan && name === 'sim') {
    console.log('A number at Meta is set up (META_ACCESS_TOKEN), so the stand-in for Meta is not needed.');
    process.exit(0);
  }
  if (!plan) throw new Fault('config/invalid', 'Say which process this container is: gateway, media or sim.');
  if (name === 'gateway') {
    const password = config.admin.password === undefined ? secrets.adminPassword : '(from ADMIN_PASSWORD)';
    console.log(`Console: ${config.http.publicUrl}   Sign in: ${config.admin.email}  ${password}`);
    if (config.demo) console.log(`Phone:   ${phoneUrl(config)}   plays the customer`);
  }
  // This very process goes on as the other one, so that it gets the container's signals itself.
  process.execve?.(process.execPath, [process.execPath, join(import.meta.dirname, '../..', plan.entry)], {
    ...plan.env,
    NODE_ENV: 'production',
  });
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(error.message);
  process.exit(EX_CONFIG);
}
