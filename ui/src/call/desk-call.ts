import type { CallView } from '../../../control/contract/views.ts';
import type { CallId, ConversationId } from '../../../control/contract/ids.ts';

/** What the operator wants to be in: a ringing call, a new one, or the one from before a reload. */
export type Aim =
  | { readonly kind: 'accept'; readonly callId: CallId }
  | { readonly kind: 'dial'; readonly conversationId: ConversationId }
  | { readonly kind: 'rejoin'; readonly callId: CallId };

/** Why there is no microphone. */
export type MicrophoneProblem = 'blocked' | 'missing' | 'busy' | 'insecure';

/**
 * What this desk does about a call; control's view says what the call itself does.
 *
 *   free ──wanted──▶ microphone ──opened──▶ joining ──joined──▶ talking ──callEnded──▶ over ──▶ free
 *                        │  ▲                  │                                        ▲
 *                    refused│wanted            └──failed──▶ free        left ───────────┘
 *                        ▼  │
 *                      blocked ──dismissed──▶ free
 */
export type DeskCall =
  | { readonly phase: 'free' }
  /** The browser may be asking for the microphone right now. */
  | { readonly phase: 'microphone'; readonly aim: Aim }
  | { readonly phase: 'blocked'; readonly aim: Aim; readonly why: MicrophoneProblem }
  | { readonly phase: 'joining'; readonly aim: Aim }
  | { readonly phase: 'talking'; readonly callId: CallId }
  | { readonly phase: 'over'; readonly call: CallView };

export type DeskCallEvent =
  | { readonly type: 'wanted'; readonly aim: Aim }
  | { readonly type: 'microphoneOpened' }
  | { readonly type: 'microphoneRefused'; readonly why: MicrophoneProblem }
  | { readonly type: 'joined'; readonly callId: CallId }
  /** The request was refused, or the call is no longer there to join. */
  | { readonly type: 'joinFailed' }
  /** Control says that the call ended, or that it is somebody else's now. */
  | { readonly type: 'callEnded'; readonly call: CallView }
  | { readonly type: 'callTaken'; readonly callId: CallId }
  | { readonly type: 'dismissed' };

export const free: DeskCall = { phase: 'free' };

/** The call that this state is about, if control has given it an id. */
export function callIdOf(state: DeskCall): CallId | undefined {
  switch (state.phase) {
    case 'free':
      return undefined;
    case 'microphone':
    case 'blocked':
    case 'joining':
      return state.aim.kind === 'dial' ? undefined : state.aim.callId;
    case 'talking':
      return state.callId;
    case 'over':
      return state.call.id;
    default:
      return state satisfies never;
  }
}

/** Is a microphone open or about to be, i.e. must another call wait? */
export const isBusy = (state: DeskCall): boolean =>
  state.phase === 'microphone' || state.phase === 'joining' || state.phase === 'talking';

/** Pure. An event that has no place in a phase is late and changes nothing. */
export function step(state: DeskCall, event: DeskCallEvent): DeskCall {
  switch (event.type) {
    case 'wanted':
      return isBusy(state) ? state : { phase: 'microphone', aim: event.aim };
    case 'microphoneOpened':
      return state.phase === 'microphone' ? { phase: 'joining', aim: state.aim } : state;
    case 'microphoneRefused':
      return state.phase === 'microphone' ? { phase: 'blocked', aim: state.aim, why: event.why } : state;
    case 'joined':
      return state.phase === 'joining' ? { phase: 'talking', callId: event.callId } : state;
    case 'joinFailed':
      return state.phase === 'joining' || state.phase === 'microphone' ? free : state;
    case 'callEnded':
      // A call that was only wanted ends as an outcome that is told elsewhere.
      if (callIdOf(state) !== event.call.id || state.phase === 'over') return state;
      return state.phase === 'talking' || state.phase === 'joining' ? { phase: 'over', call: event.call } : free;
    case 'callTaken':
      return callIdOf(state) === event.callId && state.phase !== 'over' ? free : state;
    case 'dismissed':
      return state.phase === 'blocked' || state.phase === 'over' ? free : state;
    default:
      return event satisfies never;
  }
}
