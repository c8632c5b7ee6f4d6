import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SetupError } from './steps.mjs';

const Secrets = z.object({
  adminPassword: z.string(),
  mediaToken: z.string(),
  demo: z.object({ appSecret: z.string(), verifyToken: z.string(), accessToken: z.string() }),
});
export type Secrets = z.infer<typeof Secrets>;

/**
 * What was made up at the first start and must stay the same afterwards, since the database knows
 * it: in `VAR_DIR/secrets.json`, readable by its owner alone. What an older version did not make is added.
 * @throws SetupError when the file is damaged
 */
export function keptSecrets(varDir: string): Secrets {
  const path = join(varDir, 'secrets.json');
  const fresh: Secrets = {
    adminPassword: typeable(),
    mediaToken: random(32),
    demo: { appSecret: random(16), verifyToken: random(16), accessToken: `demo-${random(24)}` },
  };
  if (!existsSync(path)) keepFirst(path, asText(fresh));
  const kept = Secrets.partial().safeParse(readJson(path));
  if (!kept.success) {
    throw new SetupError(`${path} is damaged. Mend it, or move it away: then new secrets are made up.`);
  }
  const { adminPassword, mediaToken, demo } = kept.data;
  const whole = {
    adminPassword: adminPassword ?? fresh.adminPassword,
    mediaToken: mediaToken ?? fresh.mediaToken,
    demo: demo ?? fresh.demo,
  };
  if (Object.keys(kept.data).length < Object.keys(fresh).length) replace(path, asText(whole));
  return whole;
}

const asText = (secrets: Secrets): string => `${JSON.stringify(secrets, null, 2)}\n`;

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const random = (bytes: number): string => randomBytes(bytes).toString('hex');

/** 80 random bits that can be read out over the phone: no 0 and o, no 1, l and i. */
function typeable(): string {
  const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
  const UNBIASED = 256 - (256 % LETTERS.length);
  const letters: string[] = [];
  while (letters.length < 16) {
    const [byte = 0] = randomBytes(1);
    if (byte < UNBIASED) letters.push(LETTERS[byte % LETTERS.length] ?? '');
  }
  return letters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
}

/** Of processes that start at the same moment the first one wins (link(2) takes no name twice). */
function keepFirst(path: string, text: string): void {
  const draft = written(path, text);
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

const replace = (path: string, text: string): void => renameSync(written(path, text), path);

// Written aside first: a start that is killed leaves no half of a file.
function written(path: string, text: string): string {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  return draft;
}
