import type Redlock from 'redlock';
import type { Redis } from '../../ops/runtime/redis.ts';

type Done = (error: Error | null, reply?: unknown) => void;

/**
 * What redlock 4 calls (the callbacks of an older client), on node-redis. The callback's value must not
 * be returned: redlock's own promise would become ours, and its refusal an unhandled one.
 */
export function redlockClient(redis: Redis, onError: () => void): Redlock.CompatibleRedisClient {
  const send = async (command: string, args: unknown[], done: Done): Promise<void> => {
    let reply: unknown;
    try {
      reply = await redis.sendCommand([command, ...args.flat().map(String)]);
    } catch (error) {
      // Redlock sends the script itself when the server does not know it yet.
      if (!String(error).includes('NOSCRIPT')) onError();
      done(error as Error);
      return;
    }
    done(null, reply);
  };
  const client = {
    evalsha: (hash: string, args: unknown[], done: Done): void => void send('EVALSHA', [hash, args], done),
    eval: (args: unknown[], done: Done): void => void send('EVAL', args, done),
    quit: (): void => undefined,
  };
  return client;
}
