import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { SetupError } from './steps.mjs';

export type WantedPort = { readonly host: string; readonly port: number; readonly variable: string };

/** @throws SetupError naming every port that somebody else has, and the variable to change. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const obstacles = await Promise.all(wanted.map(portObstacle));
  const taken = obstacles.filter((obstacle) => obstacle !== undefined);
  if (taken.length > 0) throw new SetupError(taken.join('\n'));
}

/** Why we can't listen there, in a sentence, or undefined. */
export async function portObstacle({ host, port, variable }: WantedPort): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      return `Port ${port} on ${host} is in use by another program. Set ${variable} to a free one.`;
    if (code === 'EACCES') return `Port ${port} is not allowed for this user. Set ${variable} to one above 1023.`;
    return `We can't listen on ${host}, port ${port} (${code ?? String(error)}). See ${variable}.`;
  }
}

/**
 * Holds the folder for this process alone, for as long as it lives: a name in Linux's abstract
 * socket space (unix(7)) leaves nothing behind, however the process ends.
 * @throws SetupError when Switchboard runs in it already
 */
export async function holdFolder(varDir: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const name = `\0switchboard-${createHash('sha256').update(varDir).digest('hex').slice(0, 16)}`;
  const server = createServer((line) => line.destroy());
  try {
    server.listen(name);
    await once(server, 'listening');
    server.unref();
  } catch {
    throw new SetupError(`Switchboard already runs with ${varDir}. Stop it first, or set VAR_DIR to another folder.`);
  }
}
