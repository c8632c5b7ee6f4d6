import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from 'solid-js';
import type { CallId } from '../../../control/contract/ids.ts';
import type { CallView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { contactName } from '../words/phone.ts';
import type { Calls } from './calls.ts';
import { callIdOf } from './desk-call.ts';
import type { Desk } from './desk.ts';
import type { Outcomes } from './outcomes.ts';
import { playTone } from './ring-tone.ts';

/** The calls that this desk may pick up, and how it hears of them. */
export type Ringing = {
  /** Oldest first: who waits longest is answered first. */
  readonly offered: Accessor<CallView[]>;
  isSilenced(callId: CallId): boolean;
  /** Stops the ring of this call at this desk; it rings on elsewhere. */
  silence(callId: CallId): void;
  /** Rejects the call for everybody. */
  decline(callId: CallId): void;
};

export function createRinging(calls: Calls, desk: Desk, outcomes: Outcomes): Ringing {
  const [silenced, setSilenced] = createSignal<ReadonlySet<CallId>>(new Set());
  const shown = new Set<CallId>();
  // Who declined need not be told that the ringing is over.
  const declined = new Set<CallId>();

  const offered = createMemo(() =>
    calls.running().filter((call) => call.offer !== null && !(desk.busy() && callIdOf(desk.state()) === call.id)),
  );
  createEffect(() => {
    for (const call of offered()) shown.add(call.id);
  });

  onCleanup(
    calls.onChange((call) => {
      if (call.offer !== null || !shown.delete(call.id)) return;
      const text = declined.delete(call.id) ? undefined : outcomeOf(call, desk);
      if (text !== undefined && !silenced().has(call.id)) outcomes.tell(call, text);
    }),
  );

  const audible = createMemo(() => offered().some((call) => !silenced().has(call.id)));
  // A memo of the tone's name: a second ringing call must not start the tune again.
  const tone = createMemo(() => {
    if (audible()) return desk.busy() ? 'waiting' : 'ring';
    const own = desk.call();
    return own?.phase === 'dialing' && own.remoteRinging && desk.busy() ? 'ringback' : undefined;
  });
  createEffect(() => {
    const name = tone();
    if (name) onCleanup(playTone(name));
  });

  createTitleFlash(() => offered().find((call) => !silenced().has(call.id)));
  createNotifications(offered);

  return {
    offered,
    isSilenced: (callId) => silenced().has(callId),
    silence: (callId) => setSilenced((all) => new Set(all).add(callId)),
    decline: (callId) => {
      declined.add(callId);
      desk.decline(callId);
    },
  };
}

function outcomeOf(call: CallView, desk: Desk): string | undefined {
  if (call.phase === 'ended') {
    if (call.disposition === 'abandoned') return copy.call.callerHungUp(contactName(call.contact, copy.unknownContact));
    if (call.disposition === 'missed') return copy.call.nobodyAnswered;
    return call.disposition === null ? undefined : copy.disposition[call.disposition];
  }
  if (!call.handler || call.handler.deskId === desk.deskId) return undefined;
  return copy.call.takenBy(call.handler.name);
}

/** The tab's title alternates while a call rings, so that it is seen among twenty tabs. */
function createTitleFlash(ringing: Accessor<CallView | undefined>): void {
  const name = createMemo(() => {
    const call = ringing();
    return call && contactName(call.contact, copy.unknownContact);
  });
  createEffect(() => {
    const caller = name();
    if (caller === undefined) return;
    const usual = document.title;
    const flash = copy.incoming.tabTitle(caller);
    document.title = flash;
    const interval = setInterval(() => {
      document.title = document.title === flash ? usual : flash;
    }, 1000);
    onCleanup(() => {
      clearInterval(interval);
      document.title = usual;
    });
  });
}

/** Desktop notifications for calls that ring while nobody looks at this tab. */
function createNotifications(offered: Accessor<CallView[]>): void {
  const open = new Map<CallId, Notification>();
  createEffect(() => {
    const ringing = new Map(offered().map((call) => [call.id, call]));
    for (const [callId, notification] of open) {
      if (ringing.has(callId)) continue;
      notification.close();
      open.delete(callId);
    }
    if (!('Notification' in window) || Notification.permission !== 'granted' || document.hasFocus()) return;
    for (const [callId, call] of ringing) if (!open.has(callId)) open.set(callId, notify(call));
  });
  onCleanup(() => {
    for (const notification of open.values()) notification.close();
  });
}

function notify(call: CallView): Notification {
  const notification = new Notification(contactName(call.contact, copy.unknownContact), {
    body: copy.incoming.notification(call.number.label),
    // One a call, however many tabs are open.
    tag: call.id,
    icon: '/favicon.svg',
    requireInteraction: true,
    // The tab rings itself.
    silent: true,
  });
  notification.addEventListener('click', () => {
    window.focus();
    notification.close();
  });
  return notification;
}
