import { type Accessor, createEffect, createMemo, createSignal, onCleanup, untrack } from 'solid-js';
import type { Ask } from '../../../control/contract/desk.ts';
import type { CallId, ConversationId, DeskId, NodeId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { hasCode, sentenceOf } from '../line/faults.ts';
import type { Line } from '../line/line.ts';
import type { Devices } from '../media/devices.ts';
import type { Media } from '../media/media.ts';
import { type Microphone, MicrophoneRefused } from '../media/microphone.ts';
import type { Toasts } from '../shell/toasts.ts';
import type { Calls } from './calls.ts';
import { type Aim, type DeskCall, type DeskCallEvent, callIdOf, free, isBusy, step } from './desk-call.ts';
import { createHearing } from './hearing.ts';
import type { Outcomes } from './outcomes.ts';
import { refusalOf } from './refusal.ts';

/** What the operator at this desk does with calls. Components show `state` and `call`, and press these. */
export type Desk = {
  readonly deskId: DeskId;
  readonly state: Accessor<DeskCall>;
  /** The newest view of the call that `state` is about. */
  readonly call: Accessor<CallView | undefined>;
  readonly muted: Accessor<boolean>;
  readonly busy: Accessor<boolean>;
  /** The conversation whose customer is to be asked for consent: the dialog is open. */
  readonly needsPermission: Accessor<ConversationId | null>;
  askPermission(conversationId: ConversationId): void;
  forgetPermission(): void;
  accept(callId: CallId): void;
  decline(callId: CallId): void;
  dial(conversationId: ConversationId): void;
  /** After the microphone was refused, or a return that failed. */
  retry(): void;
  hangup(): void;
  setMuted(muted: boolean): void;
  /** For the call's history: what only this browser knows. */
  report(what: Ask<'call:report'>['what']): void;
  dismiss(): void;
};

export type DeskParts = {
  readonly line: Line;
  readonly calls: Calls;
  readonly media: Media;
  readonly microphone: Microphone;
  readonly devices: Devices;
  readonly outcomes: Outcomes;
  readonly toasts: Toasts;
  readonly deskId: DeskId;
};

/** How long the dock says how a call went. */
const outcomeStaysMs = 6000;
const snapshotRetryMs = 2000;

export function createDesk(parts: DeskParts): Desk {
  const { line, calls, media, microphone, devices, outcomes, toasts, deskId } = parts;
  const [state, setState] = createSignal<DeskCall>(free);
  const [homeNode, setHomeNode] = createSignal<NodeId | null>(null);
  const [needsPermission, setNeedsPermission] = createSignal<ConversationId | null>(null);
  // Calls that this operator has left: control may still tell of them as ours for a moment.
  const left = new Set<CallId>();
  // Calls that were hung up before control had answered the dialling.
  let unwantedDials = 0;
  // What is learned by coming back is no news about the sound, which has never stopped.
  let isTakingSnapshot = false;

  const send = (event: DeskCallEvent): void => {
    const next = step(state(), event);
    if (next === state()) return;
    setState(next);
    if (!isBusy(next)) rest();
  };

  const rest = (): void => {
    microphone.close();
    media.rest();
  };

  const call = createMemo((): CallView | undefined => {
    const now = state();
    if (now.phase === 'over') return calls.byId(now.call.id) ?? now.call;
    const id = callIdOf(now);
    return id && calls.byId(id);
  });

  /** Microphone first: nobody is connected to an operator whom they could not hear. */
  const join = async (aim: Aim): Promise<void> => {
    if (isBusy(state())) return;
    // The browser opens the microphone while the page is drawn: the click waits for one of the two, not for both.
    const opening = Promise.allSettled([microphone.open(devices.microphoneId())]);
    send({ type: 'wanted', aim });
    const [opened] = await opening;
    if (opened.status === 'rejected') {
      if (isSame(state(), 'microphone', aim)) refuseWithoutMicrophone(opened.reason);
      return;
    }
    // The call went elsewhere while the browser asked: the microphone must not stay open.
    if (!isSame(state(), 'microphone', aim)) {
      if (!isBusy(state())) microphone.close();
      return;
    }
    await connect(aim, opened.value);
    void devices.refresh();
  };

  const connect = async (aim: Aim, track: MediaStreamTrack): Promise<void> => {
    const nodeId = (aim.kind === 'dial' ? null : calls.byId(aim.callId)?.nodeId) ?? homeNode();
    // The voice and the request leave side by side, and before the page is drawn anew.
    if (nodeId) media.speak(nodeId, track);
    const asking = Promise.allSettled([request(aim)]);
    send({ type: 'microphoneOpened' });
    const [asked] = await asking;
    const isWanted = isSame(state(), 'joining', aim);
    if (aim.kind === 'dial') unwantedDials = 0;
    if (asked.status === 'fulfilled') {
      const { call: joined } = asked.value;
      if (aim.kind === 'dial' && !isWanted) {
        leave(joined.id);
        return;
      }
      // Hung up at this desk while the accept was under way, and perhaps before control had it.
      if (left.has(joined.id) && !isWanted) {
        leave(joined.id);
        return;
      }
      left.delete(joined.id);
      calls.apply(joined);
      // A reload forgets the button, yet control goes on keeping a muted operator from the customer.
      if (aim.kind === 'rejoin' && joined.handler) microphone.setMuted(joined.handler.muted);
      send({ type: 'joined', callId: joined.id });
      if (joined.nodeId && joined.nodeId !== nodeId) media.speak(joined.nodeId, track);
    } else if (isWanted) {
      send({ type: 'joinFailed' });
      explain(aim, asked.reason);
    }
  };

  /** Ends a call for good, also when the line has to come back first. */
  const leave = (callId: CallId): void => {
    left.add(callId);
    line.askWhenOpen('call:hangup', { callId }).then(
      (reply) => calls.apply(reply.call),
      (error: unknown) => {
        if (!hasCode(error, 'call/over', 'call/not-found', 'call/not-yours')) toasts.tell('bad', sentenceOf(error));
      },
    );
  };

  const request = (aim: Aim): Promise<{ call: CallView }> => {
    switch (aim.kind) {
      case 'accept':
        return line.ask('call:accept', { callId: aim.callId });
      case 'rejoin':
        return line.askWhenOpen('call:rejoin', { callId: aim.callId });
      case 'dial':
        return line.ask('call:dial', { conversationId: aim.conversationId });
      default:
        return aim satisfies never;
    }
  };

  const report = (what: Ask<'call:report'>['what']): void => {
    const callId = callIdOf(state());
    if (callId) line.ask('call:report', { callId, what }).catch(ignoreLine);
  };

  const refuseWithoutMicrophone = (error: unknown): void => {
    const why = error instanceof MicrophoneRefused ? error.why : 'busy';
    send({ type: 'microphoneRefused', why });
    report('microphone-blocked');
  };

  const explain = (aim: Aim, error: unknown): void => {
    const view = aim.kind === 'dial' ? undefined : calls.byId(aim.callId);
    const refusal = refusalOf(aim, error, view);
    if (refusal.kind === 'ask-permission') setNeedsPermission(refusal.conversationId);
    else if (refusal.kind === 'error') toasts.tell('bad', refusal.text);
    else if (view) outcomes.tell(view, refusal.text);
    else toasts.tell('info', refusal.text);
  };

  const comeBack = (callId: CallId): void => {
    // A transport that already repairs itself is left to it.
    if (media.state() === 'connected') media.repair();
    tellOfReturn(callId).catch(ignoreLine);
  };

  const tellMuted = (callId: CallId): void => {
    line.ask('call:mute', { callId, muted: microphone.muted() }).then((reply) => calls.apply(reply.call), ignoreLine);
  };

  /** Control may have missed a press of the mute button while the line was down: the button is what counts. */
  const tellOfReturn = async (callId: CallId): Promise<void> => {
    const { call: joined } = await line.ask('call:rejoin', { callId });
    calls.apply(joined);
    const { handler } = joined;
    if (handler?.deskId === deskId && handler.muted !== microphone.muted()) tellMuted(callId);
  };

  // What control tells about the call at hand.
  onCleanup(
    calls.onChange((view) => {
      if (view.phase === 'ended') {
        left.delete(view.id);
        send({ type: 'callEnded', call: view });
        return;
      }
      if (callIdOf(state()) !== view.id || !view.handler) return;
      const { phase } = state();
      if (view.handler.deskId === deskId) {
        // The node has lost our voice while this line stood: whatever our transports believe, they are of no use.
        if (phase === 'talking' && view.handler.presence === 'away' && !isTakingSnapshot) comeBack(view.id);
        // Gone to another desk while we asked for it, or taken over from us; while we join, the answer says so.
      } else if (view.offer === null && phase !== 'joining') {
        outcomes.tell(view, copy.call.takenBy(view.handler.name));
        send({ type: 'callTaken', callId: view.id });
      }
    }),
  );

  createHearing(state, call, { media, deskId });

  // Control says that a call is ours which we do not hold: an answer that was lost, or a reload.
  createEffect(() => {
    const ours = calls.ofDesk(deskId);
    if (!ours || left.has(ours.id) || unwantedDials > 0) return;
    if (untrack(() => state().phase) === 'free') void join({ kind: 'rejoin', callId: ours.id });
  });

  const takeSnapshot = async (): Promise<void> => {
    const snapshot = await line.ask('desk:snapshot', {});
    media.setIceServers(snapshot.iceServers as RTCIceServer[]);
    setHomeNode(snapshot.nodeId);
    isTakingSnapshot = true;
    calls.applySnapshot(snapshot.calls);
    isTakingSnapshot = false;
    if (snapshot.nodeId) media.warm(snapshot.nodeId);
    const { returnTo } = snapshot;
    if (returnTo === null || left.has(returnTo)) return;
    if (state().phase === 'free') void join({ kind: 'rejoin', callId: returnTo });
    // The sound never stopped; control only has to know that this desk is back.
    else if (isTalkingIn(state(), returnTo)) tellOfReturn(returnTo).catch(ignoreLine);
  };
  const refresh = (): void => {
    takeSnapshot().catch(() => setTimeout(() => line.status() === 'open' && refresh(), snapshotRetryMs));
  };
  onCleanup(line.onOpen(refresh));

  // The way to a ringing call is built before anybody clicks, wherever its node is.
  createEffect(() => {
    for (const ringing of calls.running()) {
      if (ringing.offer && ringing.nodeId) media.warm(ringing.nodeId);
    }
  });

  createEffect(() => {
    if (media.state() === 'failed') untrack(() => report('media-failed'));
  });

  createEffect(() => {
    if (state().phase !== 'over') return;
    const timer = setTimeout(() => send({ type: 'dismissed' }), outcomeStaysMs);
    onCleanup(() => clearTimeout(timer));
  });

  createEffect(() => {
    if (!isBusy(state())) return;
    addEventListener('beforeunload', askBeforeLeaving);
    onCleanup(() => removeEventListener('beforeunload', askBeforeLeaving));
  });

  return {
    deskId,
    state,
    call,
    muted: microphone.muted,
    busy: () => isBusy(state()),
    needsPermission,
    askPermission: (conversationId) => setNeedsPermission(conversationId),
    forgetPermission: () => setNeedsPermission(null),
    accept: (callId) => void join({ kind: 'accept', callId }),
    dial: (conversationId) => void join({ kind: 'dial', conversationId }),
    retry: () => {
      const now = state();
      if (now.phase === 'blocked') void join(now.aim);
    },
    decline: (callId) => {
      line.ask('call:decline', { callId }).then(
        (reply) => calls.apply(reply.call),
        (error: unknown) => explain({ kind: 'accept', callId }, error),
      );
    },
    hangup: () => {
      const now = state();
      const view = call();
      // Nothing was asked of control yet: the call rings on for the others.
      if (now.phase === 'microphone' && now.aim.kind !== 'rejoin') send({ type: 'joinFailed' });
      else if (view) {
        leave(view.id);
        // The sound ends at once, whatever the network says.
        send({ type: 'callEnded', call: view });
      } else {
        // Still being placed: when control answers, nobody wants the call any more.
        if (now.phase === 'joining') unwantedDials += 1;
        send({ type: 'joinFailed' });
      }
    },
    setMuted: (muted) => {
      microphone.setMuted(muted);
      const id = callIdOf(state());
      if (id) tellMuted(id);
    },
    report,
    dismiss: () => send({ type: 'dismissed' }),
  };
}

const isSame = (state: DeskCall, phase: 'microphone' | 'joining', aim: Aim): boolean =>
  state.phase === phase && state.aim === aim;

const isTalkingIn = (state: DeskCall, callId: CallId): boolean => state.phase === 'talking' && state.callId === callId;

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Local first: the line's state is shown elsewhere, and the next snapshot puts things right. */
function ignoreLine(): void {}
