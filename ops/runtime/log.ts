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
    serializers: { error: pino.stdSerializers.err },
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
