import { isIP } from 'node:net';
import type { Candidate } from 'werift';
import { isLoopback } from './host-addresses.ts';
import type { LocalDescription } from './sdp.ts';

/**
 * Candidates as our description lists them: the announced address first, loopback only for a relay on this machine.
 * Meta needs none of them (our checks show it where we are), yet asks for a host candidate.
 */
export function announce(
  gathered: readonly Candidate[],
  announcedAddress: string,
  withLoopback: boolean,
): LocalDescription['candidates'] {
  const own = gathered.filter((candidate) => withLoopback || !isLoopback(candidate.host));
  const found = own.map((c) => ({
    address: c.host,
    port: c.port,
    type: c.type,
    related: c.relatedAddress,
    relatedPort: c.relatedPort,
  }));
  const inside = found.find(
    (candidate) => candidate.type === 'host' && isIP(candidate.address) === isIP(announcedAddress),
  );
  const isNew = !isLoopback(announcedAddress) && !/^(?:0\.0\.0\.0|::)$/.test(announcedAddress);
  if (inside && isNew && !found.some((candidate) => candidate.address === announcedAddress)) {
    found.unshift({ ...inside, address: announcedAddress });
  }
  return found.map(({ address, port, type, related, relatedPort }, i) => {
    // RFC 8445 §5.1.2.1: type preference, a local preference that differs, component 1.
    const preference = type === 'host' ? 126 : type === 'srflx' ? 100 : 0;
    const priority = preference * 2 ** 24 + (65_535 - i) * 2 ** 8 + 255;
    const base = related === undefined ? '' : ` raddr ${related} rport ${relatedPort ?? 9}`;
    return { line: `${i + 1} 1 udp ${priority} ${address} ${port} typ ${type}${base}`, address, port };
  });
}
