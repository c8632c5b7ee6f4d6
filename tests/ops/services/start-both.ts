import { join } from 'node:path';
import { startPostgres } from '../../../ops/services/postgres.ts';
import { startRedis } from '../../../ops/services/redis.ts';

// Run by services.test.ts, which kills it.
const dir = process.argv[2] ?? '';
const [postgres, redis] = await Promise.all([startPostgres({ dir: join(dir, 'pg') }), startRedis({ dir })]);
process.send?.([postgres.pid, redis.pid]);
setInterval(() => undefined, 60_000);
