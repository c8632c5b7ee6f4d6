import { createId, type CallId } from '../../../control/contract/ids.ts';
import type { MediaEvent } from '../../../control/contract/media.ts';
import { MediaNode, type MediaNodeOptions } from '../../../media/media-node.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { until } from './wait.ts';

export type ANode = {
  readonly node: MediaNode;
  readonly events: MediaEvent[];
  /** Waits for an event of this type (and call). */
  readonly saw: <T extends MediaEvent['type']>(
    type: T,
    callId?: CallId,
    ms?: number,
  ) => Promise<Extract<MediaEvent, { type: T }>>;
};

/** A media node in this process, with real workers, without HTTP and Redis. */
export async function aNode(options: Partial<MediaNodeOptions> = {}): Promise<ANode> {
  const events: MediaEvent[] = [];
  const node = await MediaNode.start({
    nodeId: createId('node'),
    listenIp: '127.0.0.1',
    announcedAddress: '127.0.0.1',
    portMin: 44_000,
    portMax: 45_999,
    workers: 1,
    workerBin: process.env['MEDIASOUP_WORKER_BIN'],
    capacity: 10,
    metaIceServers: [],
    log: createLog('test', process.env['LOG_LEVEL'] ?? 'silent'),
    tell: (event) => void events.push(event),
    ...options,
  });
  const find = (type: MediaEvent['type'], callId?: CallId) =>
    events.find((event) => event.type === type && (callId === undefined || event.callId === callId));
  return {
    node,
    events,
    saw: async (type, callId, ms = 5000) => {
      await until(ms, `event ${type}`, () => find(type, callId) !== undefined);
      return find(type, callId) as never;
    },
  };
}
