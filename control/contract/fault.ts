import { z } from 'zod';

/**
 * Every way in which a request can be refused or fail: a stable code and its HTTP status (RFC 9110 §15).
 * What a person reads stands beside the code, in the fault's message; ops/errors.md lists them all.
 */
const statusOf = {
  'account/not-signed-in': 401,
  'account/wrong-credentials': 401,
  'account/forbidden': 403,
  'account/too-many-attempts': 429,
  'call/already-claimed': 409,
  'call/not-found': 404,
  'call/not-ringing': 409,
  'call/not-yours': 403,
  'call/over': 409,
  'call/busy': 409,
  'carrier/auth': 502,
  'carrier/bad-request': 400,
  'carrier/calling-disabled': 403,
  'carrier/call-over': 409,
  'carrier/duplicate-call': 409,
  'carrier/limit-reached': 429,
  'carrier/media-failed': 502,
  'carrier/no-permission': 403,
  'carrier/not-callable': 400,
  'carrier/payment-needed': 400,
  'carrier/permission-exists': 409,
  'carrier/unavailable': 503,
  'carrier/window-closed': 400,
  'config/invalid': 500,
  'contact/not-found': 404,
  'conversation/not-found': 404,
  'media/bad-sdp': 400,
  'media/no-capacity': 503,
  'media/not-found': 404,
  'media/unavailable': 503,
  'number/calling-off': 403,
  'number/not-found': 404,
  'permission/needed': 403,
  'permission/limit-reached': 429,
  'request/forged': 403,
  'request/invalid': 400,
  'request/not-found': 404,
  'request/too-large': 413,
  'request/too-many': 429,
  'server/misconfigured': 500,
  'server/internal': 500,
  'server/unavailable': 503,
} as const;

export type FaultCode = keyof typeof statusOf;
export const faultCodes = Object.keys(statusOf) as FaultCode[];
export const FaultCode = z.enum(faultCodes);

/** A fault as it crosses a wire: a code for programs, a sentence for people. */
export const WireFault = z.object({
  code: FaultCode,
  message: z.string(),
  retryable: z.boolean(),
  /** What the reader needs to act on it, e.g. the winner's name. Never private data of a caller. */
  details: z.record(z.string(), z.unknown()).optional(),
});
export type WireFault = z.infer<typeof WireFault>;

type FaultOptions = { cause?: unknown; retryable?: boolean; details?: Record<string, unknown> };

/**
 * An expected failure. Anything else that is thrown is a bug and leaves the process as
 * `server/internal`. The message is shown to people: a sentence that says what to do, no secret.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly retryable: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }

  /** Whatever was thrown, as what may cross a wire. */
  static toWire(error: unknown): WireFault {
    if (!(error instanceof Fault)) {
      return {
        code: 'server/internal',
        message: 'Something went wrong on our side. Please try again.',
        retryable: true,
      };
    }
    const { code, message, retryable, details } = error;
    return details ? { code, message, retryable, details } : { code, message, retryable };
  }

  static fromWire(wire: WireFault): Fault {
    const { code, message, retryable, details } = wire;
    return new Fault(code, message, details ? { retryable, details } : { retryable });
  }
}

export const httpStatusOf = (code: FaultCode): number => statusOf[code];
