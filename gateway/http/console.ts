import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import express, { Router, type RequestHandler } from 'express';
import { Fault } from '../../control/contract/fault.ts';
import { asRoute } from './requests.ts';

/** Vite puts a hash of the content into these names, so that they never change. */
const hashedFolder = 'assets';
const textual = new Set(['.js', '.css', '.svg', '.json', '.map', '.html', '.webmanifest']);

/**
 * The built console. Its hashed assets may be kept for ever, everything else is asked for each time;
 * whatever a person navigates to is the console itself, which has its own routes.
 */
export function serveConsole(folder: string): Router {
  const router = Router();
  router.use(asRoute('console'));
  router.use(compressed(folder));
  router.use(
    express.static(folder, {
      index: false,
      setHeaders: (response, path) => response.setHeader('cache-control', cachingOf(folder, path)),
    }),
  );
  router.use(navigation(folder));
  return router;
}

const cachingOf = (folder: string, path: string): string =>
  path.startsWith(join(resolve(folder), hashedFolder) + sep) ? 'public, max-age=31536000, immutable' : 'no-cache';

/** Hashed text assets, compressed once and kept: there are few of them and they never change. */
function compressed(folder: string): RequestHandler {
  const known = new Map<string, Buffer>();
  const root = join(resolve(folder), hashedFolder) + sep;
  return (request, response, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || !request.path.startsWith(`/${hashedFolder}/`) || !request.acceptsEncodings('gzip')) return next();
    const path = join(resolve(folder), request.path);
    if (!path.startsWith(root) || !textual.has(extname(path))) return next();
    let body = known.get(path);
    if (!body) {
      if (!existsSync(path)) return next();
      body = gzipSync(readFileSync(path));
      known.set(path, body);
    }
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'accept-encoding');
    response.setHeader('cache-control', cachingOf(folder, path));
    response.type(extname(path)).send(body);
  };
}

function navigation(folder: string): RequestHandler {
  const page = join(resolve(folder), 'index.html');
  return (request, response, next) => {
    const isNavigation = request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
    // A missing script must not be answered with a page.
    if (!isNavigation || extname(request.path) !== '') return next();
    if (!existsSync(page)) {
      return next(new Fault('server/unavailable', 'The console is not built yet. Run `npm run build` first.'));
    }
    response.setHeader('cache-control', 'no-cache');
    response.sendFile('index.html', { root: resolve(folder) });
  };
}
