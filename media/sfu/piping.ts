import type { Producer } from 'mediasoup/types';
import type { SfuWorker } from './sfu-worker.ts';

const piped = new WeakMap<Producer, Map<SfuWorker, Promise<unknown>>>();

/**
 * Makes a track available on another worker of this node, under the same id. Once for each pair: mediasoup refuses
 * to pipe a producer twice into one router. The pipe closes with the producer.
 */
export async function bringTo(track: { producer: Producer; sfu: SfuWorker }, target: SfuWorker): Promise<void> {
  if (track.sfu === target) return;
  const routes = piped.get(track.producer) ?? new Map<SfuWorker, Promise<unknown>>();
  piped.set(track.producer, routes);
  let route = routes.get(target);
  if (!route) {
    route = track.sfu.router.pipeToRouter({
      producerId: track.producer.id,
      router: target.router,
      enableSctp: false,
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    });
    routes.set(target, route);
    route.catch(() => routes.delete(target));
  }
  await route;
}
