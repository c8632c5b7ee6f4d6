import type { DeskId, NodeId, UserId } from '../contract/ids.ts';
import type { LegLostCause } from '../contract/media.ts';
import type { CallDirection, Disposition } from '../contract/views.ts';

/** A person at a desk, as the call's history names them. */
export type Person = { readonly userId: UserId; readonly name: string; readonly deskId: DeskId };

/**
 * Who speaks with the customer, and whether they are there:
 * `here` · `away` (the desk is lost; it may return until the grace time is over) ·
 * `gone` (it did not; the call is offered to everybody, and the first one may be the lost one).
 */
export type Handler = Person & { readonly muted: boolean } & (
    | { readonly presence: 'here' }
    | { readonly presence: 'away'; readonly graceUntil: number }
    | { readonly presence: 'gone'; readonly offerUntil: number }
  );

export const personOf = ({ userId, name, deskId }: Person): Person => ({ userId, name, deskId });

/**
 * How far the way for sound between Meta and us has come.
 *
 *   inbound:   opening ─▶ warming ─▶ warm ─▶ accepting ─▶ open
 *   outbound:  opening ─▶ placing ─▶ placed ─▶ open
 *
 * `lost` is a leg that went down by itself: most often the customer hung up and the webhook that
 * says so is still under way, so the call waits for it until `until`.
 */
export type Path =
  | { readonly step: 'opening' }
  | { readonly step: 'warming'; readonly sdp: string }
  /** `doubt`: an earlier accept may have reached Meta although we never heard so. */
  | { readonly step: 'warm'; readonly sdp: string; readonly doubt: boolean }
  | { readonly step: 'accepting'; readonly sdp: string; readonly doubt: boolean }
  /** `until`: Graph did not confirm the call, and a webhook that does is waited for until then. */
  | { readonly step: 'placing'; readonly until?: number }
  | { readonly step: 'placed' }
  | { readonly step: 'open' }
  | { readonly step: 'lost'; readonly cause: LegLostCause; readonly until: number };

type Common = {
  readonly direction: CallDirection;
  /** The media node that holds the leg. */
  readonly nodeId: NodeId;
  /** Meta's call id; an outbound call learns it from `connect` or from the first webhook. */
  readonly carrierCallId: string | null;
  /** The newest claim that was let in: an older one never is again. */
  readonly fence: number;
  readonly path: Path;
};

/** Before the first event. */
export type New = { readonly phase: 'new' };

export type Dialing = Common & {
  readonly phase: 'dialing';
  readonly handler: Handler;
  readonly remoteRinging: boolean;
  readonly dialUntil: number;
};

type Ring = {
  /** Until when desks are asked. */
  readonly ringUntil: number;
  /** Until when Meta takes an answer at all. */
  readonly answerUntil: number;
  /** Meta's offer, kept while the leg may have to be opened on another node. */
  readonly offer: string;
};

export type Ringing = Common & Ring & { readonly phase: 'ringing'; readonly carrierCallId: string };

export type Claimed = Common &
  Ring & {
    readonly phase: 'claimed';
    readonly carrierCallId: string;
    readonly handler: Handler;
    /** Until when the claim must have become a live call, or it is lost again. */
    readonly claimUntil: number;
  };

export type Live = Common & {
  readonly phase: 'live';
  readonly carrierCallId: string;
  readonly handler: Handler;
  readonly answeredAt: number;
};

/** Final. Session descriptions and whatever else was secret about the call are gone from it. */
export type Ended = {
  readonly phase: 'ended';
  readonly direction: CallDirection;
  readonly nodeId: NodeId | null;
  readonly carrierCallId: string | null;
  readonly disposition: Disposition;
  /** Why, as a sentence for people. */
  readonly reason: string;
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** Meta's own figure once its terminate came, ours until then; null when never answered. */
  readonly durationSeconds: number | null;
  /** Who spoke with the customer last, or placed the call; null when nobody of ours ever did. */
  readonly handledBy: Person | null;
  /** Has Meta's terminate been seen? */
  readonly official: boolean;
};

export type CallState = New | Dialing | Ringing | Claimed | Live | Ended;
export type Phase = CallState['phase'];
export type StateOf<P extends Phase> = Extract<CallState, { phase: P }>;
