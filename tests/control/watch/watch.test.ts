import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CallEvent } from '../../../control/call/events.ts';
import { Fault } from '../../../control/contract/fault.ts';
import type { CallId } from '../../../control/contract/ids.ts';
import type { Database } from '../../../control/store/database.ts';
import { createWatch } from '../../../control/watch/watch.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { node } from '../call/samples.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createFakeMedia, createFakeNotifier } from '../support/fakes.ts';
import { createSignal } from '../support/signal.ts';

const watch = suite('nodes that are looked after');

watch('a call that cannot be stepped does not keep the others from hearing that their node is lost', async () => {
  const [signal, clock] = [createSignal(), new FakeClock(0)];
  const media = createFakeMedia(signal);
  media.cards.length = 0;
  media.script['leg:stats'] = () => Promise.reject(new Fault('media/unavailable', 'It does not answer.'));
  const calls = ['poisoned', 'healthy'].map((id) => ({ id, node_id: node, desk_id: null, has_leg: true }));
  const told: [CallId, CallEvent['type']][] = [];
  const stop = createWatch({
    database: { pool: { query: async () => ({ rows: calls }) } } as unknown as Database,
    ports: { clock, media: media.port, notifier: createFakeNotifier(signal).port },
    log: createLog('test', 'silent'),
    async apply(id, { type }) {
      if (id === calls[0]?.id) throw new Error('poison');
      told.push([id, type]);
    },
  });
  await signal.until('the healthy call was told', async () => {
    clock.pass(500);
    await new Promise(setImmediate);
    return told.length > 0;
  });
  assert.equal(told[0], ['healthy', 'nodeLost']);
  await stop();
});

watch.run();
