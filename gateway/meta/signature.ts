import { createHash, createHmac, timingSafeEqual, type Hmac } from 'node:crypto';

/**
 * Meta signs the bytes of a webhook's body: `X-Hub-Signature-256: sha256=<hex of HMAC-SHA256>`, key
 * is the app secret. Undefined when the header is no such thing.
 */
export function parseSignature(header: string | string[] | undefined): Buffer | undefined {
  if (typeof header !== 'string') return undefined;
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header)?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

/** Takes the body's chunks as they arrive (`update`). */
export const signer = (appSecret: string): Hmac => createHmac('sha256', appSecret);

/** In constant time. */
export const isSignedBy = (hmac: Hmac, signature: Buffer): boolean => timingSafeEqual(hmac.digest(), signature);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares two secrets in a time that tells neither where they differ nor how long they are. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}
