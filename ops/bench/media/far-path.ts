import type { Router } from 'mediasoup/types';
import { openLoopbackPath } from '../../../media/leg/loopback-path.ts';

const opus = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
const receiver = {
  codecs: [{ ...opus, kind: 'audio' as const, preferredPayloadType: 111, rtcpFeedback: [] }],
  headerExtensions: [],
};

/**
 * The path that a packet takes from a fake desk to a fake relay, without the media node in the middle: what is measured
 * over it is the bench's own share. `say` sends a payload, `hear` gets it.
 */
export async function openFarPath(router: Router, hear: (payload: Buffer) => void) {
  const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
  const [from, to] = await Promise.all([
    router.createWebRtcTransport({ listenInfos, iceConsentTimeout: 0 }),
    router.createWebRtcTransport({ listenInfos, iceConsentTimeout: 0 }),
  ]);
  await from.connect({ dtlsParameters: { ...to.dtlsParameters, role: 'server' } });
  await to.connect({ dtlsParameters: { ...from.dtlsParameters, role: 'client' } });
  const [toFar, toNear] = [await openLoopbackPath(to), await openLoopbackPath(from)];
  toFar.onMedia = (datagram) => toNear.send(datagram);
  toNear.onMedia = (datagram) => toFar.send(datagram);
  const direct = await router.createDirectTransport();
  const ssrc = Math.trunc(Math.random() * 0xffffffff);
  const voice = await direct.produce({ kind: 'audio', rtpParameters: { codecs: [opus], encodings: [{ ssrc }] } });
  const out = await from.consume({ producerId: voice.id, rtpCapabilities: receiver });
  const encodings = out.rtpParameters.encodings ?? [];
  const arrived = await to.produce({ kind: 'audio', rtpParameters: { codecs: [opus], encodings } });
  const ear = await direct.consume({ producerId: arrived.id, rtpCapabilities: receiver });
  ear.on('rtp', (packet) =>
    hear(packet.subarray(12 + ((packet[0] ?? 0) & 0x10 ? 4 + packet.readUInt16BE(14) * 4 : 0))),
  );
  let n = 0;
  return {
    say(payload: Buffer): void {
      const header = Buffer.alloc(12);
      header[0] = 0x80;
      header[1] = 111;
      n += 1;
      header.writeUInt16BE(n & 0xffff, 2);
      header.writeUInt32BE((n * 960) >>> 0, 4);
      header.writeUInt32BE(ssrc, 8);
      voice.send(Buffer.concat([header, payload]));
    },
    close(): void {
      toFar.close();
      toNear.close();
    },
  };
}
