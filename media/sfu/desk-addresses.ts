import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TransportListenInfo } from 'mediasoup/types';

type Where = { readonly listenIp: string; readonly announcedAddress: string };

/**
 * Where browsers reach a worker: UDP first, TCP on the same port number. A wildcard that nobody gave a public
 * address for is spelled out as every address of this machine, since a browser can't send to 0.0.0.0.
 */
export function deskListenInfos(
  { listenIp, announcedAddress }: Where,
  port: number,
  interfaces = networkInterfaces(),
): TransportListenInfo[] {
  const isWildcard = listenIp === '0.0.0.0' || listenIp === '::';
  const addresses =
    isWildcard && announcedAddress === listenIp
      ? every(interfaces, isIP(listenIp))
      : [{ ip: listenIp, announcedAddress }];
  const infos: TransportListenInfo[] = [];
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const { ip, announcedAddress: announced } of addresses) {
      infos.push(announced === ip ? { protocol, ip, port } : { protocol, ip, announcedAddress: announced, port });
    }
  }
  return infos;
}

function every(interfaces: ReturnType<typeof networkInterfaces>, family: number) {
  return Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === `IPv${family}` && !entry.address.startsWith('fe80:'))
    .map((entry) => ({ ip: entry.address, announcedAddress: entry.address }));
}
