import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import type { CallView } from '../../control/contract/views.ts';
import { type DeskCall, type DeskCallEvent, free, isBusy, step } from '../../ui/src/call/desk-call.ts';

const deskCall = suite('what a desk does about a call');

const callId = createId('call');
const other = createId('call');
const view = (id: CallView['id']) => ({ id, phase: 'ended' }) as CallView;
const accept = { kind: 'accept', callId } as const;
const dial = { kind: 'dial', conversationId: createId('conv') } as const;

const run = (...events: DeskCallEvent[]): DeskCall => events.reduce(step, free);
const wanted = { type: 'wanted', aim: accept } as const;
const opened = { type: 'microphoneOpened' } as const;
const joined = { type: 'joined', callId } as const;
const ended = { type: 'callEnded', call: view(callId) } as const;

deskCall('an accepted call goes from the microphone over joining to talking', () => {
  assert.equal(run(wanted), { phase: 'microphone', aim: accept });
  assert.equal(run(wanted, opened), { phase: 'joining', aim: accept });
  assert.equal(run(wanted, opened, joined), { phase: 'talking', callId });
  assert.equal(run(wanted, opened, joined, ended), { phase: 'over', call: view(callId) });
});

deskCall('without a microphone nothing is joined, and the operator may try again', () => {
  const blocked = run(wanted, { type: 'microphoneRefused', why: 'blocked' });
  assert.equal(blocked, { phase: 'blocked', aim: accept, why: 'blocked' });
  assert.equal(step(blocked, wanted), { phase: 'microphone', aim: accept });
  assert.equal(step(blocked, { type: 'dismissed' }), free);
});

deskCall('the loser of a race is free again', () => {
  assert.equal(run(wanted, opened, { type: 'joinFailed' }), free);
});

deskCall('a call that a teammate takes while the browser asks for the microphone leaves this desk free', () => {
  assert.equal(run(wanted, { type: 'callTaken', callId }), free);
});

deskCall('a caller who hangs up while the browser asks for the microphone leaves this desk free', () => {
  assert.equal(run(wanted, ended), free);
});

deskCall('another call’s end changes nothing', () => {
  const talking = run(wanted, opened, joined);
  assert.is(step(talking, { type: 'callEnded', call: view(other) }), talking);
});

deskCall('a second call can’t be wanted while a microphone is open', () => {
  const talking = run(wanted, opened, joined);
  assert.is(step(talking, { type: 'wanted', aim: dial }), talking);
});

deskCall('an answer that comes after the call was left changes nothing', () => {
  const left = run(wanted, opened, ended);
  assert.is(step(left, joined), left);
});

deskCall('whatever happens, a desk is never in two calls: only a free desk begins to join', () => {
  const events: DeskCallEvent[] = [
    wanted,
    { type: 'wanted', aim: dial },
    opened,
    { type: 'microphoneRefused', why: 'busy' },
    joined,
    { type: 'joinFailed' },
    ended,
    { type: 'callEnded', call: view(other) },
    { type: 'callTaken', callId },
    { type: 'dismissed' },
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (list) => {
      let state: DeskCall = free;
      for (const event of list) {
        const next = step(state, event);
        if (next.phase === 'microphone' && next !== state) assert.not(isBusy(state));
        if (next.phase === 'talking' && next !== state) assert.is(state.phase, 'joining');
        state = next;
      }
    }),
  );
});

deskCall.run();
