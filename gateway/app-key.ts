import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '../control/contract/fault.ts';

/**
 * The key that encrypts credentials and signs sessions: as configured, or generated once into a file
 * that only this user may read. Processes that start at the same moment end up with the same key.
 */
export function loadAppKey(configured: string | undefined, file: string): string {
  if (configured !== undefined) return configured;
  const existing = readKey(file);
  if (existing !== undefined) return existing;
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Unlike a rename, a link fails when the name is taken: the first one wins.
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const key = readKey(file);
  if (key === undefined) throw new Fault('config/invalid', `The key file ${file} is empty or cannot be read.`);
  return key;
}

function readKey(file: string): string | undefined {
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key.length >= 32) return key;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  // Not overwritten: a lost key would make every stored credential unreadable for good.
  throw new Fault('config/invalid', `The key file ${file} is damaged: it must hold at least 32 characters.`);
}

/** A key for one purpose, so that no two uses share one (RFC 5869). */
export const deriveKey = (appKey: string, purpose: string): string =>
  Buffer.from(hkdfSync('sha256', appKey, '', `switchboard ${purpose}`, 32)).toString('base64url');
