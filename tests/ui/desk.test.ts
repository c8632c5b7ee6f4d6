import { createRoot } from 'solid-js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createId } from '../../control/contract/ids.ts';
import type { CallView } from '../../control/contract/views.ts';

type Desk = { readonly state: () => { readonly phase: string }; readonly setMuted: (muted: boolean) => void };
// Its types speak of the browser, which tests of Node are not checked with.
const { createDesk } = (await import(String(new URL('../../ui/src/call/desk.ts', import.meta.url)))) as {
  createDesk: (parts: unknown) => Desk;
};

const desk = suite('the desk in a call');

/** A desk whose call control remembers with this mute. `open` is a line that came, or came back. */
function aDesk(mutedAtControl: boolean) {
  const deskId = createId('desk');
  const handler = { kind: 'operator', name: 'Anna', deskId, presence: 'here', muted: mutedAtControl };
  const call = {
    id: createId('call'),
    nodeId: createId('node'),
    phase: 'live',
    offer: null,
    handler,
  } as unknown as CallView;
  const asked: { name: string; ask: unknown }[] = [];
  let onOpen: () => void = () => undefined;
  let isDown = false;
  let muted = false;
  const nothing = (): void => undefined;
  const answers: Record<string, unknown> = {
    'desk:snapshot': { calls: [call], returnTo: call.id, nodeId: call.nodeId, iceServers: [] },
    'call:rejoin': { call },
    'call:mute': { call },
  };
  const ask = async (name: string, what: unknown): Promise<unknown> => {
    if (isDown) throw new Error('the line is down');
    asked.push({ name, ask: what });
    return answers[name];
  };
  const parts = {
    deskId,
    line: { ask, askWhenOpen: ask, status: () => 'open', onOpen: (run: () => void) => ((onOpen = run), nothing) },
    calls: {
      byId: () => call,
      running: () => [],
      ofDesk: () => undefined,
      apply: nothing,
      applySnapshot: nothing,
      onChange: () => nothing,
    },
    media: { state: () => 'connected', setIceServers: nothing, warm: nothing, speak: nothing, rest: nothing },
    microphone: {
      muted: () => muted,
      setMuted: (value: boolean) => (muted = value),
      open: async () => ({}),
      close: nothing,
    },
    devices: { microphoneId: () => null, refresh: async () => undefined },
    outcomes: {},
    toasts: {},
  };
  const made = createRoot(() => createDesk(parts));
  return {
    made,
    asked,
    call,
    isMuted: () => muted,
    down: (value: boolean) => (isDown = value),
    open: async (): Promise<void> => {
      onOpen();
      for (let i = 0; i < 10; i += 1) await new Promise(setImmediate);
    },
  };
}

desk('who was muted is still muted after a reload, and sees it', async () => {
  const { made, open, isMuted } = aDesk(true);
  await open();
  assert.is(made.state().phase, 'talking');
  assert.is(isMuted(), true);
});

desk('a press of the mute button that the line lost is told when it is back', async () => {
  const { made, open, asked, down, call } = aDesk(true);
  await open();
  down(true);
  made.setMuted(false);
  down(false);
  await open();
  assert.equal(asked.at(-1), { name: 'call:mute', ask: { callId: call.id, muted: false } });
});

desk.run();
