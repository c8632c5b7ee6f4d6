import type { CallState, Person } from '../call/states.ts';
import { Fault } from '../contract/fault.ts';

type Asked = 'accept' | 'decline' | 'hangup' | 'mute' | 'rejoin' | 'report';

export const notFound = (): Fault => new Fault('call/not-found', 'This call does not exist.');

export const alreadyClaimed = (name: string | null): Fault =>
  new Fault('call/already-claimed', name ? `Already accepted by ${name}.` : 'Already accepted by another teammate.', {
    ...(name && { details: { name } }),
  });

/** Why the machine did not do what a desk asked, as the desk's person should read it. */
export function refusalOf(state: CallState, by: Person, asked: Asked): Fault {
  if (state.phase === 'ended')
    return new Fault('call/over', 'This call is over.', { details: { reason: state.reason } });
  const handler = 'handler' in state ? state.handler : null;
  if (handler && handler.userId !== by.userId) {
    if (asked === 'accept' || asked === 'decline') {
      return state.phase === 'dialing'
        ? new Fault('call/not-ringing', `${handler.name} is placing this call.`)
        : alreadyClaimed(handler.name);
    }
    return new Fault('call/not-yours', `${handler.name} is handling this call.`);
  }
  if (asked === 'accept' && handler && handler.deskId !== by.deskId) {
    return new Fault('call/already-claimed', 'You already have this call in another window.', {
      details: { name: handler.name },
    });
  }
  if (asked === 'accept' && state.phase === 'ringing') {
    return new Fault('call/not-ringing', 'The connection of this call broke. It is about to end.');
  }
  if (asked === 'accept' || asked === 'decline') {
    return new Fault('call/not-ringing', 'This call does not ring any more.');
  }
  return new Fault('call/not-yours', 'You are not in this call.');
}
