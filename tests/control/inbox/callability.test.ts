import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faultCodes } from '../../../control/contract/fault.ts';
import { callabilityOf, faultOf, type CallFacts } from '../../../control/inbox/callability.ts';

const callability = suite('callability');

const fine: CallFacts = {
  callingEnabled: true,
  hasPlan: true,
  mayCall: true,
  canRequest: true,
  isReachable: true,
  isInCall: false,
};

callability('when nothing is in the way the customer may be called', () => {
  assert.equal(callabilityOf(fine), { allowed: true, because: 'ok', text: 'Call this customer' });
});

for (const [facts, because, words] of [
  [{ hasPlan: false }, 'plan', /plan/],
  [{ callingEnabled: false }, 'calling-off', /switched off/],
  [{ isReachable: false }, 'no-phone', /no phone number/],
  [{ isInCall: true }, 'already-in-call', /already a call/],
  [{ mayCall: false }, 'no-permission', /Send a call permission request first/],
  [{ mayCall: false, canRequest: false }, 'no-permission', /not allowed calls from this number yet\.$/],
  // What only an admin can mend comes before what an operator can.
  [{ hasPlan: false, callingEnabled: false, mayCall: false }, 'plan', /plan/],
  [{ callingEnabled: false, mayCall: false }, 'calling-off', /switched off/],
] as const) {
  callability(`not callable: ${JSON.stringify(facts)}, because ${because}`, () => {
    const view = callabilityOf({ ...fine, ...facts });
    assert.is(view.allowed, false);
    assert.is(view.because, because);
    assert.match(view.text, words);
  });
}

callability('every obstacle has a fault for those who dial all the same', () => {
  for (const code of Object.values(faultOf)) assert.ok(faultCodes.includes(code));
});

callability.run();
