import type { IncomingMessage } from 'node:http';

/**
 * May a page of this origin speak with us? Browsers send `Origin` with every WebSocket and with every
 * request that changes something. It has to be the host that the request itself went to, or the
 * public address, which a proxy may have replaced. Without an origin it is no browser's page.
 */
export function isOwnOrigin(request: Pick<IncomingMessage, 'headers'>, publicUrl: string): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  try {
    const url = new URL(origin);
    return url.host === host || url.origin === new URL(publicUrl).origin;
  } catch {
    return false; // `null`, of sandboxed frames
  }
}
