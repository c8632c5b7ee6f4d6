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
  return (['udp', 'tcp'] as const).flatMap((protocol) =>
    addresses.map((address) => ({
      protocol,
      ip: address.ip,
      ...(address.announcedAddress === address.ip ? {} : { announcedAddress: address.announcedAddress }),
      port,
    })),
  );
}

function every(interfaces: ReturnType<typeof networkInterfaces>, family: number) {
  return Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === `IPv${family}` && !entry.address.startsWith('fe80:'))
    .map((entry) => ({ ip: entry.address, announcedAddress: entry.address }));
}
