import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// struct sockaddr_un, unix(7): 108 bytes with the final zero.
const LONGEST_PATH = 107;

/**
 * The folder for a unix socket called `name`: `dir`, or a private one under the temporary folder
 * where `dir` is too deep for the kernel.
 */
export function socketFolder(dir: string, name: string): string {
  if (Buffer.byteLength(join(dir, name)) <= LONGEST_PATH) return dir;
  return mkdtempSync(join(tmpdir(), 'switchboard-socket-'));
}
