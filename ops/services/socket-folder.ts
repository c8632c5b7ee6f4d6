import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// struct sockaddr_un, unix(7): 108 bytes with the final zero.
const LONGEST_PATH = 107;

/**
 * The folder for a unix socket called `name`: `dir`, or a private one under the temporary folder
 * where `dir` is too deep for the kernel; always the same one, so that a server that is started
 * again is found where it was.
 * @throws Error when somebody else made that folder first: who owns it may listen in
 */
export function socketFolder(dir: string, name: string, allowedOwners: readonly number[] = []): string {
  if (Buffer.byteLength(join(dir, name)) <= LONGEST_PATH) return dir;
  const folder = join(tmpdir(), `switchboard-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  const owners = [process.getuid?.() ?? uid, ...allowedOwners];
  if (!owners.includes(uid) || (mode & 0o077) !== 0) {
    throw new Error(`${folder} belongs to somebody else. Remove it, or choose a VAR_DIR with a shorter path.`);
  }
  return folder;
}
