import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IceLite } from '../../ops/sim/meta/relay/ice-lite.ts';
import {
  hasIntegrity,
  newTransactionId,
  parseStun,
  stunAttribute,
  stunType,
  uint32,
  writeStun,
  type StunMessage,
} from '../../ops/sim/meta/relay/stun.ts';

type Context = { ice: IceLite; socket: Socket; data: string[]; nominated: number };
const iceLite = suite<Context>('sim ice-lite');

iceLite.before.each(async (context) => {
  context.data = [];
  context.nominated = 0;
  context.ice = await IceLite.open('127.0.0.1', undefined, {
    onNominated: () => (context.nominated += 1),
    onData: (datagram) => context.data.push(datagram.toString('latin1')),
  });
  context.ice.expect('mine');
  context.socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(context.socket, 'listening');
});
iceLite.after.each(({ ice, socket }) => {
  ice.close();
  socket.close();
});

type Check = { role?: number; nominate?: boolean; password?: string; username?: string; unsigned?: boolean };

/** Sends a check as the business's ICE agent would. @returns the answer. */
async function check({ ice, socket }: Context, how: Check = {}): Promise<StunMessage & { bytes: Buffer }> {
  const attributes = [
    [stunAttribute.username, Buffer.from(how.username ?? `${ice.ufrag}:mine`)],
    [stunAttribute.priority, uint32(1)],
    [how.role ?? stunAttribute.controlling, Buffer.alloc(8)],
    ...(how.nominate ? [[stunAttribute.useCandidate, Buffer.alloc(0)] as const] : []),
  ] as const;
  const password = how.unsigned ? undefined : (how.password ?? ice.password);
  socket.send(writeStun(stunType.request, newTransactionId(), attributes, password), ice.port, '127.0.0.1');
  const [bytes] = (await once(socket, 'message', { signal: AbortSignal.timeout(2000) })) as [Buffer];
  return { ...parseStun(bytes)!, bytes };
}
const codeOf = (message: StunMessage): number => {
  const value = message.attributes.get(stunAttribute.errorCode)!;
  return value[2]! * 100 + value[3]!;
};

iceLite('the password ends with == and the fragment has 16 characters, as at Meta', ({ ice }) => {
  assert.match(ice.password, /^[A-Za-z0-9+/]{22}==$/);
  assert.match(ice.ufrag, /^[A-Za-z0-9+/]{16}$/);
});

iceLite('a check with the password is answered with our address, from wherever it comes', async (context) => {
  const answer = await check(context);
  assert.is(answer.type, stunType.success);
  const mapped = answer.attributes.get(stunAttribute.xorMappedAddress)!;
  assert.is(mapped.readUInt16BE(2) ^ 0x2112, context.socket.address().port);
  assert.ok(hasIntegrity(answer.bytes, answer, context.ice.password));
});

iceLite('who claims the controlled role is answered 487', async (context) => {
  const answer = await check(context, { role: stunAttribute.controlled, nominate: true });
  assert.is(codeOf(answer), 487);
  assert.is(context.nominated, 0);
  assert.is(context.ice.facts.roleConflicts, 1);
});

for (const [what, how, code] of [
  ['a wrong password', { password: 'wrong' }, 401],
  ["another's user name", { username: 'other:mine' }, 401],
  ["a fragment that is not the SDP's", { username: '' }, 401],
  ['no integrity', { unsigned: true }, 400],
] as const) {
  iceLite(`${what} is answered ${code} and nominates nothing`, async (context) => {
    assert.is(codeOf(await check(context, { ...how, nominate: true })), code);
    assert.is(context.nominated, 0);
    assert.is(context.ice.facts.refusedChecks, 1);
  });
}

iceLite('data passes only over a nominated pair', async (context) => {
  const { ice, socket } = context;
  socket.send('\u0016early', ice.port, '127.0.0.1');
  await check(context);
  socket.send('\u0016not nominated', ice.port, '127.0.0.1');
  await check(context, { nominate: true });
  socket.send('\u0016now', ice.port, '127.0.0.1');
  await check(context);
  assert.equal(context.data, ['\u0016now']);
  assert.is(context.nominated, 1);
  assert.is(ice.facts.strayDatagrams, 2);
});

iceLite('it never sends a check by itself', async (context) => {
  const got: Buffer[] = [];
  await check(context, { nominate: true });
  context.socket.on('message', (bytes) => got.push(bytes));
  context.ice.send(Buffer.from('\u0016to you'));
  await once(context.socket, 'message', { signal: AbortSignal.timeout(2000) });
  assert.equal(got.map(String), ['\u0016to you']);
});

iceLite.run();
