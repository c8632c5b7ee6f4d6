import type { CallEvent } from '../call/events.ts';
import type { MediaEvent } from '../contract/media.ts';

type Reading = {
  readonly [T in MediaEvent['type']]: (event: Extract<MediaEvent, { type: T }>, at: number) => CallEvent;
};

const readings: Reading = {
  'leg-connected': ({ iceMs, dtlsMs }, at) => ({ type: 'legConnected', at, iceMs, dtlsMs }),
  'leg-lost': ({ cause }, at) => ({ type: 'legLost', at, cause }),
  'rtp-started': ({ direction }, at) => ({ type: 'rtpStarted', at, direction }),
  'rtp-missing': ({ direction, cause }, at) => ({ type: 'rtpMissing', at, direction, cause }),
  'desk-heard': ({ deskId }, at) => ({ type: 'deskHeard', at, deskId }),
  'desk-lost': ({ deskId }, at) => ({ type: 'deskLost', at, deskId }),
};

/** What a media node tells, as an event of its call. The time is ours: clocks of nodes may differ. */
export function callEventOf(event: MediaEvent, at: number): CallEvent {
  return (readings[event.type] as (event: MediaEvent, at: number) => CallEvent)(event, at);
}
