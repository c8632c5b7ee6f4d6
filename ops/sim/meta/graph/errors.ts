import { randomBytes } from 'node:crypto';

/** Meta's codes with their HTTP status and title, as its troubleshooting page lists them. */
const table = {
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token - Cannot parse access token'],
  613: [429, 'Calls to this api have exceeded the rate limit'],
  2500: [400, 'Unknown path components'],
  131000: [500, 'Something went wrong'],
  131005: [403, 'Access denied'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131026: [400, 'Message undeliverable'],
  131030: [400, 'Recipient phone number not in allowed list'],
  131044: [400, 'Business eligibility payment issue'],
  131047: [400, 'Re-engagement message'],
  131053: [400, 'Media upload error'],
  131055: [400, 'Method not allowed'],
  138000: [401, 'Calling not enabled'],
  138001: [400, 'Receiver uncallable'],
  138002: [429, 'Concurrent calls limit'],
  138003: [400, 'Duplicate call'],
  138004: [500, 'Connection error'],
  138005: [429, 'Call rate limit exceeded'],
  138006: [401, 'No approved call permission from the recipient'],
  138007: [500, 'Connection timeout error'],
  138008: [400, 'Call setup failed'],
  138009: [400, 'Call permission request limit hit'],
  138011: [400, 'Call permission request needs an open conversation'],
  138012: [400, 'Business initiated calls limit hit'],
  138013: [400, 'Business initiated calling not available'],
  138014: [400, 'Calling disabled'],
  138015: [400, 'Calling cannot be enabled'],
  138017: [400, 'Permanent call permission already granted'],
  138018: [400, 'Calling cannot be enabled: prerequisites not met'],
  138019: [400, 'Call setup failed'],
  138020: [400, 'Relay connection failed'],
  138021: [400, 'Media receive timeout'],
  138022: [400, 'Media transmit timeout'],
  138023: [400, 'Call accepted without media'],
} as const satisfies Record<number, readonly [status: number, title: string]>;

export type GraphCode = keyof typeof table;
export const graphCodes = Object.keys(table).map(Number) as GraphCode[];
export const titleOfGraphCode = (code: GraphCode): string => table[code][1];

/** A refusal as Graph words it. `details` go to `error_data.details`. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly code: GraphCode;
  readonly details: string;
  readonly subcode: number | undefined;

  constructor(code: GraphCode, details: string, subcode?: number) {
    super(`(#${code}) ${titleOfGraphCode(code)}`);
    this.code = code;
    this.details = details;
    this.subcode = subcode;
  }

  get status(): number {
    return table[this.code][0];
  }

  /** The body of the answer. */
  body(): unknown {
    return {
      error: {
        message: this.message,
        type: 'OAuthException',
        code: this.code,
        ...(this.subcode !== undefined && { error_subcode: this.subcode }),
        error_data: { messaging_product: 'whatsapp', details: this.details },
        fbtrace_id: `A${randomBytes(16).toString('base64url')}`,
      },
    };
  }
}
