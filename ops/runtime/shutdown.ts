import type { Log } from './log.ts';

/**
 * Runs `close` once on SIGTERM or SIGINT and then exits. A second signal exits at once, so that
 * somebody who is tired of waiting for a drain need not reach for SIGKILL.
 */
export function onShutdown(log: Log, close: (signal: string) => Promise<void>): void {
  let closing = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (closing) process.exit(1);
    closing = true;
    log.info({ signal }, 'shutting down');
    close(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
