import type { RequestName } from '../contract/desk.ts';
import { Fault } from '../contract/fault.ts';
import type { RouteName } from '../contract/rest.ts';
import { Role } from '../contract/views.ts';
import type { Caller } from '../control.ts';

/** Whatever a signed-in person can ask for. */
export type Asked = RequestName | RouteName;

/**
 * Who may do what: the least role for each request. A new request does not compile until it stands
 * here. Which rows somebody may see is another question, and always has the same answer: those of
 * their workspace; all others are "not found".
 */
export const leastRole: { readonly [N in Asked]: Role } = {
  'desk:snapshot': 'operator',
  'media:open': 'operator',
  'media:connect': 'operator',
  'media:restart-ice': 'operator',
  'media:produce': 'operator',
  'media:stop-producing': 'operator',
  'media:listen': 'operator',
  'media:stop-listening': 'operator',
  'call:accept': 'operator',
  'call:decline': 'operator',
  'call:hangup': 'operator',
  'call:mute': 'operator',
  'call:dial': 'operator',
  'call:rejoin': 'operator',
  'call:report': 'operator',

  me: 'operator',
  'numbers:list': 'operator',
  'numbers:set-calling': 'manager',
  'conversations:list': 'operator',
  'conversations:start': 'operator',
  'conversations:get': 'operator',
  'conversations:thread': 'operator',
  'conversations:read': 'operator',
  'conversations:send': 'operator',
  'conversations:note': 'operator',
  'conversations:request-permission': 'operator',
  'calls:list': 'operator',
  'calls:get': 'operator',
};

// From the least to the greatest: each may do all that those before it may.
const ladder = Role.options;
const nameOf: { readonly [R in Role]: string } = { operator: 'an operator', manager: 'a manager', admin: 'an admin' };

/** @throws Fault `account/forbidden` */
export function assertMay({ user }: Caller, asked: Asked): void {
  const least = leastRole[asked];
  if (ladder.indexOf(user.role) >= ladder.indexOf(least)) return;
  throw new Fault('account/forbidden', `You need to be ${nameOf[least]} for this. Please ask one of your team.`);
}
