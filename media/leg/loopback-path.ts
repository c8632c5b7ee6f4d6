import { createSocket } from 'node:dgram';
import { classes, Message, methods } from 'werift';
import type { WebRtcTransport } from 'mediasoup/types';
import { IceSocket } from './ice-socket.ts';
import type { MediaPath } from './ice-agent.ts';

/** The path to a mediasoup transport on loopback, with its way back. */
export type LoopbackPath = MediaPath & { close(): void };

/**
 * Opens the media path to a transport of a worker on this machine. The transport is ICE-lite, so one
 * authenticated check with USE-CANDIDATE (RFC 8445 §7.2.2) is the whole handshake. It starts DTLS at that moment:
 * call this only when the way to the far end is open, since a ClientHello that finds none costs a second.
 */
export async function openLoopbackPath(
  transport: Pick<WebRtcTransport, 'iceCandidates' | 'iceParameters'>,
): Promise<LoopbackPath> {
  const target = transport.iceCandidates.find((candidate) => candidate.protocol === 'udp');
  if (!target) throw new Error('the loopback transport has no UDP candidate');
  const { usernameFragment, password } = transport.iceParameters;
  const raw = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    raw.once('error', reject);
    raw.bind({ port: 0, address: '127.0.0.1', exclusive: true }, resolve);
  });
  raw.on('error', () => undefined); // ICMP from a worker that died: the pool reports the death.
  const socket = new IceSocket(raw, 4);
  try {
    await socket.connect(target.address, target.port);
    const check = new Message(methods.BINDING, classes.REQUEST);
    check
      .setAttribute('USERNAME', `${usernameFragment}:switchboard`)
      .setAttribute('PRIORITY', 1_853_824_767)
      .setAttribute('ICE-CONTROLLING', 1n)
      .setAttribute('USE-CANDIDATE', null);
    await socket.protocol.request(check, [target.address, target.port], Buffer.from(password));
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
