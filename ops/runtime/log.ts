import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * The root log of a process. Messages are constant lower-case text, what varies is a field.
 * Private data (numbers, names, message texts) goes under `pii` alone and is removed here;
 * SDP, credentials and transcripts are never passed at all.
 */
export function createLog(process_: string, level: string = 'info'): Log {
  return pino({
    level,
    base: { process: process_ },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors are logged as `error`, which pino would print as {}.
    serializers: { error: bareError },
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'pii',
        '*.pii',
        'token',
        '*.token',
        'password',
        '*.password',
        'sdp',
        '*.sdp',
        'authorization',
        '*.authorization',
        'req.headers',
      ],
      censor: '[removed]',
    },
  });
}

/**
 * An error without its other properties: a database error bears the values of its query (`detail`,
 * `parameters`), an HTTP error the headers of its request.
 */
function bareError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { type: error.constructor.name, message: error.message, code, cause, stack: error.stack };
}
