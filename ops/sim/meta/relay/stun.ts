import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** STUN (RFC 8489) and its ICE attributes (RFC 8445 §7.1, §16.1), as much as an ICE-lite end needs. */
export const stunType = { request: 0x0001, indication: 0x0011, success: 0x0101, error: 0x0111 } as const;
export const stunAttribute = {
  username: 0x0006,
  integrity: 0x0008,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  controlled: 0x8029,
  controlling: 0x802a,
} as const;

const cookie = 0x2112_a442;
const fingerprintMask = 0x5354_554e;

export type StunMessage = {
  type: number;
  transactionId: Buffer;
  /** The last value of each kind. */
  attributes: Map<number, Buffer>;
  /** Where MESSAGE-INTEGRITY starts in the datagram; -1 when there is none. */
  integrityAt: number;
};

/** RFC 7983 §7: the first byte tells STUN (0..3), DTLS (20..63) and RTP/RTCP (128..191) apart. */
export const isStun = (datagram: Buffer): boolean =>
  datagram.length >= 20 && datagram[0]! < 4 && datagram.readUInt32BE(4) === cookie;

/** Undefined for whatever is not well-formed. */
export function parseStun(datagram: Buffer): StunMessage | undefined {
  if (!isStun(datagram) || datagram.readUInt16BE(2) !== datagram.length - 20) return undefined;
  const attributes = new Map<number, Buffer>();
  let integrityAt = -1;
  for (let at = 20; at + 4 <= datagram.length;) {
    const kind = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    if (at + 4 + length > datagram.length) return undefined;
    if (kind === stunAttribute.integrity) integrityAt = at;
    attributes.set(kind, datagram.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return { type: datagram.readUInt16BE(0), transactionId: datagram.subarray(8, 20), attributes, integrityAt };
}

/** MESSAGE-INTEGRITY of a short-term credential: HMAC-SHA1 keyed with the ICE password (RFC 8489 §14.5). */
export function hasIntegrity(datagram: Buffer, message: StunMessage, password: string): boolean {
  const given = message.attributes.get(stunAttribute.integrity);
  if (given?.length !== 20 || message.integrityAt < 0) return false;
  const signed = Buffer.from(datagram.subarray(0, message.integrityAt));
  signed.writeUInt16BE(message.integrityAt - 20 + 24, 2);
  return timingSafeEqual(given, createHmac('sha1', password).update(signed).digest());
}

/** Writes a message; with a password it carries MESSAGE-INTEGRITY, and always FINGERPRINT. */
export function writeStun(
  type: number,
  transactionId: Buffer,
  attributes: readonly (readonly [kind: number, value: Buffer])[],
  password?: string,
): Buffer {
  const parts: Buffer[] = [Buffer.alloc(20)];
  const push = (kind: number, value: Buffer): void => {
    const padded = Buffer.alloc(4 + value.length + ((4 - (value.length % 4)) % 4));
    padded.writeUInt16BE(kind, 0);
    padded.writeUInt16BE(value.length, 2);
    value.copy(padded, 4);
    parts.push(padded);
  };
  // The length in the header already counts the attribute that is about to be added (RFC 8489 §14.5, §14.7).
  const sealed = (extra: number): Buffer => {
    const bytes = Buffer.concat(parts);
    bytes.writeUInt16BE(bytes.length - 20 + extra, 2);
    return bytes;
  };
  parts[0]!.writeUInt16BE(type, 0);
  parts[0]!.writeUInt32BE(cookie, 4);
  transactionId.copy(parts[0]!, 8);
  for (const [kind, value] of attributes) push(kind, value);
  if (password !== undefined) {
    push(stunAttribute.integrity, createHmac('sha1', password).update(sealed(24)).digest());
  }
  push(stunAttribute.fingerprint, uint32((crc32(sealed(8)) ^ fingerprintMask) >>> 0));
  return sealed(0);
}

export const newTransactionId = (): Buffer => randomBytes(12);

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2). */
export function xorMappedAddress(address: string, port: number, transactionId: Buffer): Buffer {
  const v6 = address.includes(':');
  const value = Buffer.alloc(v6 ? 20 : 8);
  value[1] = v6 ? 2 : 1;
  value.writeUInt16BE(port ^ (cookie >>> 16), 2);
  const mask = Buffer.concat([uint32(cookie), transactionId]);
  const bytes = v6 ? bytesOfV6(address) : address.split('.').map(Number);
  for (const [i, byte] of bytes.entries()) value[4 + i] = byte ^ mask[i]!;
  return value;
}

/** ERROR-CODE (RFC 8489 §14.8). */
export function errorCode(code: number, reason: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason)]);
}

const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);

function bytesOfV6(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = groups(head);
  const after = groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
