import { createRedis } from '../../../ops/runtime/redis.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { createControl } from '../../../control/create.ts';
import { createId, type CallId, type ConversationId } from '../../../control/contract/ids.ts';
import { anOffer, optionsOf } from './a-control.ts';
import { FakeClock } from './fake-clock.ts';
import { createFakeCarrier, createFakeMedia, createFakeNotifier } from './fakes.ts';
import { createSignal } from './signal.ts';

/**
 * A gateway that is killed (-9) in the middle of what it is told: it plays a call up to a point and
 * dies inside of it, with Meta or the media node having heard of it or not.
 * argv: database, redis, time, point, email of an operator, conversation
 */
const [databaseUrl = '', redisUrl = '', time = '0', point = '', email = '', conversationId = ''] =
  process.argv.slice(2);

const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};
const signal = createSignal();
const clock = new FakeClock(Number(time));
const carrier = createFakeCarrier(signal);
const media = createFakeMedia(signal);
const desks = createFakeNotifier(signal);
const dieAt = (at: string): void => {
  if (at === 'read') carrier.port.read = () => void die() as never;
  else if (at in carrier.port) carrier.script[at as 'accept'] = die;
  else media.script[at as 'leg:answer'] = die;
};
dieAt(point);

const log = createLog('doomed', 'silent');
const redis = createRedis(redisUrl, log);
await redis.connect();
const ports = { carrier: carrier.port, media: media.port, notifier: desks.port, clock };
const control = await createControl(optionsOf({ databaseUrl, redis, log, ports }));
const user = await control.account.signIn(email, 'correct horse battery');
const caller = { user, deskId: createId('desk') };

const seen = (callId: CallId, phase: string) =>
  signal.until(phase, () => desks.of('call:changed').find(({ call }) => call.id === callId && call.phase === phase));

if (conversationId) {
  const { call } = await control.desk['call:dial'](caller, { conversationId: conversationId as ConversationId });
  await seen(call.id, 'live');
} else {
  await control.receive([{ key: 'the offer', payload: [anOffer(clock, 'wacid.1')] }]);
  const { call } = await signal.until('ringing', () => desks.of('call:changed')[0]);
  await signal.until('pre_accept', () => carrier.count('preAccept') === 1);
  await control.desk['call:accept'](caller, { callId: call.id });
  await seen(call.id, 'live');
  await signal.until('the gate', () => media.names().includes('leg:open-gate'));
  await control.desk['call:hangup'](caller, { callId: call.id });
  await signal.until('the end', () => media.names().includes('leg:close'));
}
throw new Error('survived');
