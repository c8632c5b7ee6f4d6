import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../../control/contract/fault.ts';
import { createId } from '../../control/contract/ids.ts';
import type { CallView } from '../../control/contract/views.ts';
import { refusalOf } from '../../ui/src/call/refusal.ts';

const refusal = suite('a call that could not be joined');

const accept = { kind: 'accept', callId: createId('call') } as const;
const dial = { kind: 'dial', conversationId: createId('conv') } as const;

refusal('losing the race names the winner and is no error', () => {
  const fault = new Fault('call/already-claimed', 'Already accepted by Anna.', { details: { name: 'Anna' } });
  assert.equal(refusalOf(accept, fault, undefined), {
    kind: 'outcome',
    text: 'Already accepted by another teammate (Anna)',
  });
});

refusal('the winner’s name is also taken from the call’s newest view, or left out', () => {
  const fault = new Fault('call/already-claimed', 'Already accepted.');
  const view = { handler: { name: 'Ben' } } as CallView;
  assert.is(refusalOf(accept, fault, view).kind, 'outcome');
  assert.match((refusalOf(accept, fault, view) as { text: string }).text, /\(Ben\)/);
  assert.equal(refusalOf(accept, fault, undefined), {
    kind: 'outcome',
    text: 'Already accepted by another teammate',
  });
});

refusal('a caller who was faster is an outcome', () => {
  const view = { disposition: 'abandoned', contact: { name: 'Maya', phone: null } } as CallView;
  assert.equal(refusalOf(accept, new Fault('call/over', 'over'), view), {
    kind: 'outcome',
    text: 'Maya hung up before you answered',
  });
});

refusal('a missing consent asks for the request', () => {
  assert.equal(refusalOf(dial, new Fault('permission/needed', 'ask first'), undefined), {
    kind: 'ask-permission',
    conversationId: dial.conversationId,
  });
});

refusal('everything else is told with control’s own sentence', () => {
  const fault = new Fault('carrier/limit-reached', 'Meta allows no more calls to this customer today.');
  assert.equal(refusalOf(dial, fault, undefined), { kind: 'error', text: fault.message });
});

refusal('a bug is told without its details', () => {
  const told = refusalOf(dial, new TypeError('x is undefined'), undefined);
  assert.is(told.kind, 'error');
  assert.not.match((told as { text: string }).text, /undefined/);
});

refusal.run();
