import type { z } from 'zod';
import type { FaultCode } from '../contract/fault.ts';
import type { CallabilityView } from '../contract/views.ts';

type Callability = z.infer<typeof CallabilityView>;
type Obstacle = Exclude<Callability['because'], 'ok'>;

export type CallFacts = {
  readonly callingEnabled: boolean;
  /** The plan feature `whatsapp_calling`. */
  readonly hasPlan: boolean;
  readonly mayCall: boolean;
  readonly canRequest: boolean;
  /** Is there a phone number or a user id to call? */
  readonly isReachable: boolean;
  readonly isInCall: boolean;
};

/** May this conversation be called, and what a person reads on the button. The first obstacle counts. */
export function callabilityOf(facts: CallFacts): Callability {
  const obstacle = obstacleOf(facts);
  if (obstacle === null) return { allowed: true, because: 'ok', text: 'Call this customer' };
  return { allowed: false, because: obstacle, text: texts[obstacle](facts) };
}

/** What the same obstacle is called when somebody dials all the same. */
export const faultOf: { readonly [O in Obstacle]: FaultCode } = {
  plan: 'account/forbidden',
  'calling-off': 'number/calling-off',
  'no-phone': 'carrier/not-callable',
  'already-in-call': 'call/busy',
  'no-permission': 'permission/needed',
};

function obstacleOf(facts: CallFacts): Obstacle | null {
  if (!facts.hasPlan) return 'plan';
  if (!facts.callingEnabled) return 'calling-off';
  if (!facts.isReachable) return 'no-phone';
  if (facts.isInCall) return 'already-in-call';
  if (!facts.mayCall) return 'no-permission';
  return null;
}

const none = 'The customer has not allowed calls from this number yet.';
const texts: { readonly [O in Obstacle]: (facts: CallFacts) => string } = {
  plan: () => 'Calls are not part of your plan.',
  'calling-off': () =>
    'Calling is switched off for this number. A manager can switch it on in the settings of the number.',
  'no-phone': () => 'There is no phone number and no WhatsApp user id to call.',
  'already-in-call': () => 'There is already a call with this customer.',
  'no-permission': ({ canRequest }) => (canRequest ? `${none} Send a call permission request first.` : none),
};
