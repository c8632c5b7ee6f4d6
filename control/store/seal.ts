import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Fault } from '../contract/fault.ts';

/** Encrypts what must not be readable in a stolen database: tokens and app secrets. */
export type Seal = {
  seal(plain: string): string;
  /** @throws Fault `server/misconfigured` when it was sealed with another APP_KEY. */
  open(sealed: string): string;
};

const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM (NIST SP 800-38D) under a key of its own, derived from APP_KEY (RFC 5869). */
export function createSeal(appKey: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', appKey, '', 'switchboard credentials at rest', 32));
  return {
    seal(plain) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${version}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed) {
      const [stored, text = ''] = sealed.split('.');
      const bytes = Buffer.from(text, 'base64url');
      try {
        if (stored !== version) throw new Error('unknown version');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes));
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch (error) {
        const message = 'A stored credential cannot be read: APP_KEY is not the one it was stored with.';
        throw new Fault('server/misconfigured', message, { cause: error });
      }
    },
  };
}
