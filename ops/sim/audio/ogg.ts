/** Ogg (RFC 3533) with one Opus stream (RFC 7845): as much as voice messages and recordings need. */

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1;
  return value >>> 0;
});

/** Ogg's own CRC-32: not reflected, no final XOR (RFC 3533 §6). */
function oggCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ table[((crc >>> 24) & 0xff) ^ byte]!) >>> 0;
  return crc;
}

const packetsPerPage = 50;

function page(packets: readonly Uint8Array[], header: { granule: number; sequence: number; flags: number }): Buffer {
  const lacing = packets.flatMap((packet) => [
    ...Array.from({ length: Math.floor(packet.length / 255) }, () => 255),
    packet.length % 255,
  ]);
  const head = Buffer.alloc(27 + lacing.length);
  head.write('OggS', 0, 'latin1');
  head[5] = header.flags;
  head.writeBigUInt64LE(BigInt(header.granule), 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(header.sequence, 18);
  head[26] = lacing.length;
  head.set(lacing, 27);
  const bytes = Buffer.concat([head, ...packets]);
  bytes.writeUInt32LE(oggCrc(bytes), 22);
  return bytes;
}

/** An Ogg/Opus file, mono, of packets of 20 ms each. */
export function writeOgg(packets: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = 1;
  head.writeUInt32LE(48_000, 12);
  const vendor = Buffer.from('switchboard');
  const tags = Buffer.alloc(16 + vendor.length);
  tags.write('OpusTags', 0, 'latin1');
  tags.writeUInt32LE(vendor.length, 8);
  vendor.copy(tags, 12);
  const pages = [
    page([head], { granule: 0, sequence: 0, flags: 2 }),
    page([tags], { granule: 0, sequence: 1, flags: 0 }),
  ];
  for (let at = 0; at < packets.length; at += packetsPerPage) {
    const some = packets.slice(at, at + packetsPerPage);
    const last = at + packetsPerPage >= packets.length;
    pages.push(page(some, { granule: (at + some.length) * 960, sequence: pages.length, flags: last ? 4 : 0 }));
  }
  return Buffer.concat(pages);
}

/** The packets of an Ogg file with one stream, headers included. Throws on what is not Ogg. */
function readOggPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let at = 0; at + 27 <= file.length;) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error('not an Ogg page');
    const segments = file.subarray(at + 27, at + 27 + file[at + 26]!);
    let body = at + 27 + segments.length;
    for (const length of segments) {
      open.push(file.subarray(body, body + length));
      body += length;
      if (length < 255) {
        packets.push(Buffer.concat(open));
        open = [];
      }
    }
    at = body;
  }
  return packets;
}

/** What the first header of an Ogg/Opus file says; undefined when it is something else. */
export function opusHead(file: Buffer): { channels: number } | undefined {
  if (file.toString('latin1', 0, 4) !== 'OggS' || file.length < 28) return undefined;
  const at = 27 + file[26]!;
  return file.toString('latin1', at, at + 8) === 'OpusHead' ? { channels: file[at + 9]! } : undefined;
}

/** The audio packets alone. */
export const readOpusPackets = (file: Buffer): Buffer[] => readOggPackets(file).slice(2);
