import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * What the console's pages may do: run and load what this server serves, speak with it over a
 * WebSocket, play sound, and use the microphone. No inline script, no frame, no other origin.
 */
export function securityHeaders(publicUrl: string): RequestHandler[] {
  const isHttps = publicUrl.startsWith('https:');
  // Older Safari does not count a WebSocket to the own host as 'self'.
  const socketOrigin = new URL(publicUrl).origin.replace(/^http/, 'ws');
  const policy = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        'script-src-attr': ["'none'"],
        'style-src': ["'self'"],
        // Positions of menus and the level meter are style attributes.
        'style-src-attr': ["'unsafe-inline'"],
        'img-src': ["'self'", 'data:', 'blob:'],
        'font-src': ["'self'", 'data:'],
        'media-src': ["'self'", 'data:', 'blob:', 'mediastream:'],
        'connect-src': ["'self'", socketOrigin],
        'worker-src': ["'self'", 'blob:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        ...(isHttps && { 'upgrade-insecure-requests': [] }),
      },
    },
    strictTransportSecurity: isHttps,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  return [policy, permissions];
}

const permissions: RequestHandler = (_request, response, next) => {
  response.setHeader('permissions-policy', 'microphone=(self), speaker-selection=(self), camera=(), geolocation=()');
  next();
};
