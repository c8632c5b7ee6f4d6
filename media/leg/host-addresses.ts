import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** One socket of an ICE agent: where it binds, and the addresses under which the far end may reach it. */
export type HostSocket = {
  readonly family: 4 | 6;
  readonly bind: string;
  /** At least one; the first stands for the socket in ICE. */
  readonly addresses: readonly string[];
};

/**
 * The sockets that an ICE agent opens. A concrete address is taken as it is. A wildcard or loopback address
 * says nothing about the way to Meta (a laptop behind NAT has `127.0.0.1` there), so one socket a family is
 * opened on every interface, and the kernel's routes choose.
 */
export function hostSockets(listenIp: string, interfaces = networkInterfaces()): HostSocket[] {
  const isWildcard = listenIp === '0.0.0.0' || listenIp === '::';
  if (!isWildcard && !isLoopback(listenIp)) {
    return [{ family: isIP(listenIp) === 6 ? 6 : 4, bind: listenIp, addresses: [listenIp] }];
  }
  const all = Object.values(interfaces).flatMap((entries) => entries ?? []);
  const ours = all.filter((entry) => !entry.internal && !entry.address.startsWith('fe80:'));
  const of = (family: 4 | 6): string[] => {
    const found = ours.filter((entry) => entry.family === `IPv${family}`).map((entry) => entry.address);
    return isLoopback(listenIp) && isIP(listenIp) === family ? [...found, listenIp] : found;
  };
  const sockets: HostSocket[] = [
    { family: 4, bind: '0.0.0.0', addresses: of(4) },
    { family: 6, bind: '::', addresses: of(6) },
  ];
  return sockets.filter((socket) => socket.addresses.length > 0);
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
