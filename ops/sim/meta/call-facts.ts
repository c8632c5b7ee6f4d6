import type { CallCard, WireError } from './payloads.ts';
import type { LegFacts } from './relay/leg.ts';
import type { BusinessSdp, SdpWarning } from './sdp/check.ts';

/** `ringing` from the first moment in both directions; `live` from accept (business) or answer (customer). */
export type CallPhase = 'ringing' | 'live' | 'ended';
export type EndedBy = 'business' | 'customer' | 'timeout' | 'media-watchdog' | 'relay';

/** What went on in a call that Meta would not have liked, or that a real call would have suffered from. */
export type CallFlag =
  | 'timer-started-early'
  | 'several-ssrcs'
  | 'ssrc-not-announced'
  | 'unexpected-payload-type'
  | 'ice-role-conflict'
  | 'several-nominated-pairs'
  | SdpWarning;

/** A call as JSON. Times are milliseconds since the epoch with microseconds behind the point. */
export type CallFacts = {
  id: string;
  direction: CallCard['direction'];
  phoneNumberId: string;
  customer: string;
  phase: CallPhase;
  flags: CallFlag[];
  times: {
    created: number;
    preAcceptReplied: number | null;
    /** When the answer 200 to accept was written. RTP before it is a fault of the business. */
    acceptReplied: number | null;
    /** Picked up, by whichever side was called. */
    live: number | null;
    iceNominated: number | null;
    dtlsConnected: number | null;
    /** The first RTP packet of the business at the relay. */
    firstRtp: number | null;
    ended: number | null;
  };
  ending: {
    by: EndedBy;
    status: 'COMPLETED' | 'FAILED';
    durationSeconds: number | null;
    errorCode: number | null;
  } | null;
  media: LegFacts;
  heardPackets: number;
};

/** Where a call is, with what belongs to that phase alone. */
export type CallState =
  | { phase: 'ringing' }
  | { phase: 'live'; at: number; startTime: number }
  | {
      phase: 'ended';
      at: number;
      by: EndedBy;
      status: 'COMPLETED' | 'FAILED';
      liveAt: number | null;
      duration: number | null;
      error: WireError | undefined;
    };

/** When it was picked up, in whichever phase it is now. */
export const liveAtOf = (state: CallState): number | null =>
  state.phase === 'live' ? state.at : state.phase === 'ended' ? state.liveAt : null;

export function endingOf(state: CallState): CallFacts['ending'] {
  if (state.phase !== 'ended') return null;
  const { by, status, duration, error } = state;
  return { by, status, durationSeconds: duration, errorCode: error?.code ?? null };
}

/** What was wrong with the business's media, as far as the relay can tell. */
export function flagsOf(
  media: LegFacts,
  call: { direction: CallCard['direction']; sdp: BusinessSdp | undefined; acceptReplied: number | null },
): CallFlag[] {
  const { sdp, acceptReplied } = call;
  const { ssrcs, payloadTypes, firstAt } = media.fromBusiness;
  const flags = new Set<CallFlag>(sdp?.warnings);
  // The phone takes the first packet for the acceptance and starts its timer.
  const early = firstAt !== null && (acceptReplied === null || firstAt < acceptReplied);
  if (call.direction === 'USER_INITIATED' && early) flags.add('timer-started-early');
  if (ssrcs.length > 1) flags.add('several-ssrcs');
  if (sdp?.ssrc !== undefined && ssrcs.some((ssrc) => ssrc !== sdp.ssrc)) flags.add('ssrc-not-announced');
  const known = new Set([sdp?.payloadType ?? 111, sdp?.eventPayloadType ?? 126]);
  if (payloadTypes.some((type) => !known.has(type))) flags.add('unexpected-payload-type');
  if (media.ice.roleConflicts > 0) flags.add('ice-role-conflict');
  if (media.ice.nominatedPairs > 1) flags.add('several-nominated-pairs');
  return [...flags];
}

const emptyRtp = {
  packets: 0,
  bytes: 0,
  rtcpPackets: 0,
  firstAt: null,
  lastAt: null,
  ssrcs: [],
  payloadTypes: [],
  discontinuities: [],
  discontinuityCount: 0,
  talkspurts: 0,
  longestGapMs: 0,
};
/** Of a call without a leg. */
export const noLegFacts: LegFacts = {
  ice: { checks: 0, nominatedAt: null, nominatedPairs: 0, roleConflicts: 0, refusedChecks: 0, strayDatagrams: 0 },
  dtls: { state: 'new', connectedAt: null },
  fromBusiness: emptyRtp,
  toBusiness: emptyRtp,
};
