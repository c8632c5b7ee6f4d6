import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isInLog } from '../../ui/src/log/filter.ts';

const log = suite('call log filters');

const running = { direction: 'inbound', disposition: null } as const;

log('a call that still rings is in the log, but not among the missed', () => {
  assert.ok(isInLog(running, 'all'));
  assert.ok(isInLog(running, 'inbound'));
  assert.not(isInLog(running, 'missed'));
  assert.not(isInLog(running, 'outbound'));
});

log('a missed call is found by its end', () => {
  assert.ok(isInLog({ direction: 'inbound', disposition: 'missed' }, 'missed'));
});

log.run();
