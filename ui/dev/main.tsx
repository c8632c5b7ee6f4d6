import '../src/styles/app.css';
import { createSignal } from 'solid-js';
import { render } from 'solid-js/web';
import { createId } from '../../control/contract/ids.ts';
import { App } from '../src/app.tsx';
import { Unreachable } from '../src/line/faults.ts';
import type { Media, MediaState } from '../src/media/media.ts';
import { applyTheme } from '../src/session/theme.ts';
import { aCall, conversations, minutes } from './data.ts';
import { createFakeControl } from './fake-control.ts';

/**
 * The console on fixtures: `/dev/index.html?scene=ringing&at=/inbox&thread=0`. Only vite's dev server
 * serves it; it is no entry of the build.
 */
const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'inbox';
const thread = conversations[Number(query.get('thread') ?? -1)];
history.replaceState(null, '', thread ? `/inbox/${thread.id}` : (query.get('at') ?? '/inbox'));

const control = createFakeControl({
  signedIn: !scene.startsWith('login'),
  empty: scene === 'empty',
  refuseLogin:
    scene === 'login-wrong'
      ? 'account/wrong-credentials'
      : scene === 'login-many'
        ? 'account/too-many-attempts'
        : undefined,
  lostRace: scene === 'lost-race',
  needPermission: scene === 'permission',
});

const [mediaState, setMediaState] = createSignal<MediaState>('idle');
const media: Media = {
  state: mediaState,
  remote: () => null,
  setIceServers: () => undefined,
  warm: () => undefined,
  speak: () => {
    setMediaState(scene === 'reconnecting' ? 'reconnecting' : 'connected');
  },
  hear: () => Promise.resolve(),
  repair: () => undefined,
  rest: () => setMediaState('idle'),
  sample: () =>
    Promise.resolve(
      mediaState() === 'connected' ? { lossIn: 0.002, lossOut: 0.001, jitterMs: 4, roundTripMs: 38 } : undefined,
    ),
  close: () => undefined,
};

const ring = (who: number, change: Parameters<typeof aCall>[1] = {}) => {
  const conversation = conversations[who];
  if (!conversation) throw new Error('no such conversation');
  const call = aCall(conversation, {
    nodeId: control.nodeId,
    offer: { until: minutes(-0.4), because: 'ringing' },
    ...change,
  });
  control.add(call);
  return call;
};

const scenes: Record<string, () => void> = {
  ringing: () => void ring(0),
  'ringing-many': () => [0, 4, 7].forEach((who) => ring(who)),
  'lost-race': () => void ring(0),
  'mic-blocked': () => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    ring(0);
  },
  live: () => void ring(0),
  reconnecting: () => void ring(0),
  waiting: () => {
    ring(0);
    setTimeout(() => ring(4), 2500);
  },
  abandoned: () => {
    const call = ring(0);
    setTimeout(() => control.end(call, 'abandoned', 'The caller hung up.'), 600);
  },
  'operator-lost': () =>
    void ring(3, {
      phase: 'live',
      answeredAt: minutes(4),
      handler: { ...control.me(), name: 'Mehmet Yılmaz', deskId: createId('desk'), presence: 'away' },
      offer: { until: minutes(-0.3), because: 'operator-lost' },
    }),
  'line-lost': () => control.setStatus('lost'),
  'in-progress': () => {
    ring(7, {
      phase: 'live',
      answeredAt: minutes(2.3),
      offer: null,
      handler: { ...control.me(), name: 'Sofia Rossi', deskId: createId('desk') },
    });
    ring(8, {
      direction: 'outbound',
      phase: 'dialing',
      offer: null,
      handler: { ...control.me(), name: 'Mehmet Yılmaz', deskId: createId('desk') },
    });
  },
};
setTimeout(() => scenes[scene]?.(), 700);

applyTheme();
const root = document.querySelector('#root');
if (root) {
  render(
    () => (
      <App
        backend={{
          rest:
            scene === 'unreachable' ? { ...control.rest, call: () => Promise.reject(new Unreachable()) } : control.rest,
          openLine: control.openLine,
          openMedia: () => Promise.resolve(media),
        }}
      />
    ),
    root,
  );
}
