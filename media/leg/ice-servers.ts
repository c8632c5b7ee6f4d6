import { parseIceServers, type IceOptions } from 'werift';
import type { IceServer } from '../../ops/runtime/config.ts';

type ServerOptions = Pick<IceOptions, 'stunServer' | 'turnServer' | 'turnUsername' | 'turnPassword' | 'turnTransport'>;

/** `META_ICE_SERVERS` (the browser's RTCIceServer shape) as werift takes it: the first STUN and the first TURN. */
export function iceServerOptions(servers: readonly IceServer[]): ServerOptions {
  const list = servers.map((server) => ({
    urls: server.urls,
    ...(server.username === undefined ? {} : { username: server.username }),
    ...(server.credential === undefined ? {} : { credential: server.credential }),
  }));
  return parseIceServers(list);
}
