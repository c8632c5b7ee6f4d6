import type { FaultCode } from '../contract/fault.ts';
import type { DeskId, NodeId } from '../contract/ids.ts';
import type { Direction, LegLostCause, SilenceCause } from '../contract/media.ts';
import type { CallDirection } from '../contract/views.ts';
import type { z } from 'zod';
import type { CommandName } from './commands.ts';
import type { Person } from './states.ts';

/** Why a command was refused, without what only a log should know. */
export type Refusal = { readonly code: FaultCode; readonly message: string };

type Way = z.infer<typeof Direction>;
/** Every webhook of a call names Meta's id of it: whichever comes first teaches it to us. */
type FromCarrier = { readonly carrierCallId: string };

/** What Meta says. */
type CarrierEvents = {
  /** A customer calls. `sentAt`: Meta's time; `nodeId`: where the leg will be, null if no node has room. */
  offered: FromCarrier & {
    readonly sdp: string;
    readonly sentAt: number;
    readonly ringMs: number;
    readonly nodeId: NodeId | null;
  };
  /** Meta's SDP answer to our offer: the way for sound is known. Not: somebody picked up. */
  answered: FromCarrier & { readonly sdp: string };
  remoteRang: FromCarrier;
  remoteAccepted: FromCarrier;
  remoteRejected: FromCarrier;
  /** The call is over at Meta. `startedAt` and `durationSeconds` only if it was picked up. */
  terminated: FromCarrier & {
    readonly direction: CallDirection;
    readonly failed: boolean;
    readonly startedAt: number | null;
    readonly endedAt: number | null;
    readonly durationSeconds: number | null;
    readonly error: { readonly code: number; readonly text: string } | null;
  };
};

/** What people do at desks. */
type DeskEvents = {
  dialed: { readonly by: Person; readonly nodeId: NodeId; readonly dialMs: number };
  /** A claim was won: `fence` orders it among all claims ever won. */
  pickedUp: { readonly by: Person; readonly fence: number };
  declined: { readonly by: Person };
  hungUp: { readonly by: Person };
  muted: { readonly by: Person; readonly muted: boolean };
  rejoined: { readonly by: Person };
  reported: { readonly by: Person; readonly what: string };
};

/** What becomes of a desk and of the media. */
type MediaEvents = {
  /** Its line closed, its gateway died, or its sound stopped. */
  deskLost: { readonly deskId: DeskId };
  deskHeard: { readonly deskId: DeskId };
  legConnected: { readonly iceMs: number; readonly dtlsMs: number };
  legLost: { readonly cause: LegLostCause };
  nodeLost: unknown;
  rtpStarted: { readonly direction: Way };
  rtpMissing: { readonly direction: Way; readonly cause: SilenceCause };
};

/** What became of our commands. Those without a result of their own only speak up when they fail. */
type ResultEvents = {
  /** Our description is made: the answer of an inbound call, the offer of an outbound one. */
  legReady: { readonly nodeId: NodeId; readonly sdp: string };
  /** `elsewhere`: another node that has room, when this one cannot be reached. */
  legRefused: { readonly nodeId: NodeId; readonly refusal: Refusal; readonly elsewhere: NodeId | null };
  preAccepted: unknown;
  preAcceptFailed: { readonly refusal: Refusal };
  accepted: unknown;
  /** `repeated`: it was not the first try, so Meta may have taken an earlier one. */
  acceptRefused: { readonly fence: number; readonly refusal: Refusal; readonly repeated: boolean };
  placed: FromCarrier;
  /** `unclear`: Meta may have placed the call all the same; a webhook would tell. */
  placeRefused: { readonly refusal: Refusal; readonly unclear: boolean };
  /** The leg did not take the answer, the gate or the source. */
  soundFailed: { readonly command: CommandName; readonly refusal: Refusal };
  /** Meta or the node could not be told that the call is over. */
  farewellFailed: { readonly command: CommandName; readonly refusal: Refusal };
};

/** A deadline of the state passed (see deadlines.ts). One that comes late finds no cell and is ignored. */
type DeadlineEvents = {
  ringExpired: unknown;
  answerExpired: unknown;
  claimExpired: unknown;
  dialExpired: unknown;
  graceExpired: unknown;
  offerExpired: unknown;
  legExpired: unknown;
};

type Events = CarrierEvents & DeskEvents & MediaEvents & ResultEvents & DeadlineEvents;

export type Kind = keyof Events;
export type EventOf<K extends Kind> = {
  [T in K]: { readonly type: T; /** Our time, ms since the epoch. */ readonly at: number } & (unknown extends Events[T]
    ? object
    : Events[T]);
}[K];
/** Whatever can happen to a call, in the past tense. Time comes in as data. */
export type CallEvent = EventOf<Kind>;
export type DeadlineKind = keyof DeadlineEvents;
