import type { LegLostCause, SilenceCause } from '../contract/media.ts';
import type { CallEvent, EventOf, Kind } from './events.ts';
import { reasonOf } from './moves.ts';

const way = { 'from-customer': 'from the customer', 'to-customer': 'to the customer' } as const;
const silence: { readonly [C in SilenceCause]: string } = {
  'no-ice': 'no network path was found',
  'no-dtls': 'the encryption did not come up',
  'no-packets': 'no packet came',
  silence: 'packets came, with nothing but silence in them',
};
const reports: { readonly [what: string]: string } = {
  'microphone-blocked': 'the browser blocks the microphone, the caller does not hear them',
  'no-speaker': 'there is no sound device to hear the caller with',
  'media-failed': 'the browser could not connect its sound',
  'poor-network': 'the network is poor',
};
const why = (e: { readonly refusal: { readonly message: string } }): string => e.refusal.message;

/** What each event means, as a line of a call's history that a manager understands. */
const words: { readonly [K in Kind]: (event: EventOf<K>) => string } = {
  offered: () => 'The customer called.',
  answered: () => 'WhatsApp opened the way for sound.',
  remoteRang: () => "The customer's phone rings.",
  remoteAccepted: () => 'The customer picked up.',
  remoteRejected: () => 'The customer declined the call.',
  terminated: (e) =>
    e.durationSeconds === null
      ? 'WhatsApp reported the end of the call.'
      : `WhatsApp reported the end of the call after ${e.durationSeconds} s.`,

  dialed: (e) => `${e.by.name} called the customer.`,
  pickedUp: (e) => `${e.by.name} picked up.`,
  declined: (e) => `${e.by.name} declined.`,
  hungUp: (e) => `${e.by.name} hung up.`,
  muted: (e) => (e.muted ? `${e.by.name} muted the microphone.` : `${e.by.name} switched the microphone on again.`),
  rejoined: (e) => `${e.by.name} returned to the call.`,
  reported: (e) => `At ${e.by.name}: ${reports[e.what] ?? e.what}.`,

  deskLost: () => "The operator's desk lost its connection.",
  deskHeard: () => "The operator's voice reaches the call.",
  legConnected: (e) => `The connection to WhatsApp stands (network ${e.iceMs} ms, encryption ${e.dtlsMs} ms).`,
  legLost: (e: { readonly cause: LegLostCause }) => reasonOf(e.cause),
  nodeLost: () => 'The media server that held the call is gone.',
  rtpStarted: (e) => `The first sound ${way[e.direction]} passed.`,
  rtpMissing: (e) => `No sound ${way[e.direction]}: ${silence[e.cause]}.`,

  legReady: () => 'The media server is ready.',
  legRefused: (e) => `The media server could not take the call: ${why(e)}`,
  preAccepted: () => 'WhatsApp prepared the connection.',
  preAcceptFailed: (e) => `WhatsApp did not prepare the connection: ${why(e)}`,
  accepted: () => 'WhatsApp connected the call.',
  acceptRefused: (e) => `WhatsApp refused the answer: ${why(e)}`,
  placed: () => 'WhatsApp took the call.',
  placeRefused: (e) =>
    e.unclear ? `WhatsApp did not confirm the call: ${why(e)}` : `WhatsApp refused the call: ${why(e)}`,
  soundFailed: (e) => `The sound could not be switched: ${why(e)}`,
  farewellFailed: (e) => `The end of the call could not be passed on: ${why(e)}`,

  ringExpired: () => 'Nobody answered in time.',
  answerExpired: () => 'WhatsApp takes no answer any more.',
  claimExpired: () => 'The answer took too long.',
  dialExpired: () => 'The customer did not pick up in time.',
  graceExpired: () => 'The operator did not return; the call is offered to everybody.',
  offerExpired: () => 'Nobody took the call over.',
  legExpired: () => 'The connection to WhatsApp stayed down.',
};

/** One line of history. */
export function describe(event: CallEvent): string {
  return (words[event.type] as (event: CallEvent) => string)(event);
}
