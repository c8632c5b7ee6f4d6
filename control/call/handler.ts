import type { CallCommand } from './commands.ts';
import type { EventOf } from './events.ts';
import { fail, note, to, type Active, type Move } from './moves.ts';
import { patience } from './patience.ts';
import { personOf, type Claimed, type Dialing, type Handler, type Live, type Person } from './states.ts';

/** A person who has just taken the call. */
export const here = (by: Person, muted = false): Handler => ({ ...by, muted, presence: 'here' });

/**
 * What the customer hears of the handler. A muted one is comfort noise, never silence; so is one who is
 * away, and that the media node has seen to by itself.
 */
export function feed(s: Active & { readonly handler: Handler }): CallCommand[] {
  if (s.path.step !== 'open' || s.handler.presence !== 'here') return [];
  const { deskId, muted } = s.handler;
  return [{ do: 'leg:feed', nodeId: s.nodeId, source: muted ? { kind: 'comfort' } : { kind: 'desk', deskId } }];
}

type Handled = Dialing | Live;

/** The handler's desk is lost: the media node has put comfort noise in its place already. */
export function deskLost(s: Handled | Claimed, e: EventOf<'deskLost'>): Move {
  if (s.handler.deskId !== e.deskId || s.handler.presence !== 'here') return null;
  return to({ ...s, handler: { ...s.handler, presence: 'away', graceUntil: e.at + patience.grace } });
}

/** Sound of the desk is back in the switch. */
export function deskHeard(s: Handled | Claimed, e: EventOf<'deskHeard'>): Move {
  if (s.handler.deskId !== e.deskId) return null;
  if (s.handler.presence === 'here') return note(s);
  const back = { ...s, handler: here(personOf(s.handler), s.handler.muted) };
  return to(back, ...feed(back));
}

/** The same person is back, perhaps at another desk. */
export function rejoined(s: Handled | Claimed, e: EventOf<'rejoined'>): Move {
  if (s.handler.userId !== e.by.userId) return null;
  const back = { ...s, handler: here(e.by, s.handler.muted) };
  return to(back, ...feed(back));
}

export function setMuted(s: Handled | Claimed, e: EventOf<'muted'>): Move {
  if (s.handler.userId !== e.by.userId) return null;
  const after = { ...s, handler: { ...s.handler, muted: e.muted } };
  return to(after, ...feed(after));
}

/**
 * The sound could not be switched. Whom the customer hears is no reason to hang up while the leg is there:
 * a node that cannot be reached is told again what is right by now, and one that is gone is noticed by the
 * watch. A leg without Meta's answer or with a closed gate stays silent for ever.
 */
export function soundFailed(s: Handled, e: EventOf<'soundFailed'>): Move {
  if (e.command !== 'leg:feed' || e.refusal.code === 'media/not-found') return fail(s, e.at, e.refusal.message);
  // Each of these comes after some seconds of tries, so that this is no hot loop.
  return e.refusal.code === 'media/unavailable' ? to(s, ...feed(s)) : note(s);
}

/** Meta's answer is here: sound may flow at once, so that no first word is lost when ACCEPTED is late. */
export function openPath(s: Handled, e: EventOf<'answered'>): Move {
  if (s.path.step !== 'placing' && s.path.step !== 'placed') return null;
  const opened = { ...s, carrierCallId: e.carrierCallId, path: { step: 'open' } as const };
  const { nodeId } = s;
  return to(
    opened,
    { do: 'leg:apply-answer', nodeId, answer: e.sdp },
    { do: 'leg:open-gate', nodeId },
    ...feed(opened),
    // While it still rings there is nobody to be heard.
    ...(s.phase === 'live' ? [{ do: 'leg:watch', nodeId } as const] : []),
  );
}
