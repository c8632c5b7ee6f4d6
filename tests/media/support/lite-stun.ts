import { createHmac } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/**
 * An ICE-lite end written from RFC 5389 and 8445 alone, as a second opinion beside mediasoup's: answers authenticated
 * Binding requests from anywhere, refuses a controlled peer (487) and a wrong password (401), and keeps what it saw.
 */
export class LiteStun {
  readonly ufrag = 'AeinEGDfvqBctbtM';
  readonly pwd = 'F6/jjqL0/8/Dzluc0IoZEQ==';
  readonly seen: { useCandidate: boolean; controlling: boolean; username: string }[] = [];
  readonly data: Buffer[] = [];
  /** Stops to answer, as a relay that went away does. */
  isSilent = false;
  /** Answers 401 until set to false, as a relay that does not know us yet. */
  isIgnorant = false;
  /** Answers come this late. */
  delayMs = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message, from) => this.#receive(message, from));
  }

  static async open(family: 4 | 6 = 4): Promise<LiteStun> {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    await new Promise<void>((resolve) => {
      socket.bind(0, family === 4 ? '127.0.0.1' : '::1', resolve);
    });
    return new LiteStun(socket);
  }

  get candidate(): { foundation: string; priority: number; address: string; port: number; type: string } {
    const { address, port } = this.#socket.address();
    return { foundation: '1', priority: 2_122_260_223, address, port, type: 'host' };
  }

  #last: RemoteInfo | undefined;

  /** Sends to whoever spoke last. */
  send(datagram: Buffer): void {
    if (this.#last) this.#socket.send(datagram, this.#last.port, this.#last.address);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    this.#last = from;
    if ((message[0] ?? 0) > 3) {
      this.data.push(message);
      return;
    }
    if (this.isSilent || message.readUInt16BE(0) !== 0x0001) return;
    const attributes = parse(message);
    const integrityAt = attributes.get(0x0008)?.at;
    const signed = integrityAt !== undefined && this.#isSigned(message, integrityAt);
    this.seen.push({
      useCandidate: attributes.has(0x0025),
      controlling: attributes.has(0x802a),
      username: attributes.get(0x0006)?.value.toString() ?? '',
    });
    if (!signed || this.isIgnorant) this.#reply(message, from, 0x0111, error(401, 'Unauthorized'));
    else if (attributes.has(0x8029)) this.#reply(message, from, 0x0111, error(487, 'Role Conflict'));
    else this.#reply(message, from, 0x0101, mappedAddress(from, message));
  }

  #isSigned(message: Buffer, at: number): boolean {
    const copy = Buffer.from(message.subarray(0, at));
    copy.writeUInt16BE(at + 24 - 20, 2);
    return createHmac('sha1', this.pwd)
      .update(copy)
      .digest()
      .equals(message.subarray(at + 4, at + 24));
  }

  #reply(request: Buffer, to: RemoteInfo, type: number, attribute: Buffer): void {
    const header = Buffer.alloc(20);
    header.writeUInt16BE(type, 0);
    request.copy(header, 4, 4, 20);
    header.writeUInt16BE(attribute.length + 24, 2);
    const signed = Buffer.concat([header, attribute]);
    const integrity = Buffer.concat([
      Buffer.from([0x00, 0x08, 0x00, 0x14]),
      createHmac('sha1', this.pwd).update(signed).digest(),
    ]);
    setTimeout(() => this.#socket.send(Buffer.concat([signed, integrity]), to.port, to.address), this.delayMs);
  }
}

function parse(message: Buffer): Map<number, { at: number; value: Buffer }> {
  const found = new Map<number, { at: number; value: Buffer }>();
  for (let at = 20; at + 4 <= message.length;) {
    const length = message.readUInt16BE(at + 2);
    found.set(message.readUInt16BE(at), { at, value: message.subarray(at + 4, at + 4 + length) });
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

function error(code: number, reason: string): Buffer {
  const text = Buffer.from(reason.padEnd(Math.ceil(reason.length / 4) * 4, ' '));
  const header = Buffer.from([0x00, 0x09, 0, 4 + text.length, 0, 0, Math.trunc(code / 100), code % 100]);
  return Buffer.concat([header, text]);
}

function mappedAddress(from: RemoteInfo, request: Buffer): Buffer {
  const isV6 = from.family === 'IPv6';
  const address = isV6 ? v6Bytes(from.address) : Buffer.from(from.address.split('.').map(Number));
  const key = request.subarray(4, 20);
  const value = Buffer.alloc(4 + address.length);
  value[1] = isV6 ? 2 : 1;
  value.writeUInt16BE(from.port ^ key.readUInt16BE(0), 2);
  for (const [i, byte] of address.entries()) value[4 + i] = byte ^ (key[i] ?? 0);
  return Buffer.concat([Buffer.from([0x00, 0x20, 0, value.length]), value]);
}

function v6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
