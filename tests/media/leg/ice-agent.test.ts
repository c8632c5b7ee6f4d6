import { createSocket } from 'node:dgram';
import { Connection } from 'werift';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IceAgent } from '../../../media/leg/ice-agent.ts';
import { hostSockets } from '../../../media/leg/host-addresses.ts';
import { PortPool } from '../../../media/sfu/ports.ts';
import { createLog } from '../../../ops/runtime/log.ts';
import { LiteStun } from '../support/lite-stun.ts';
import { failAfter, forMs, until, within } from '../support/wait.ts';

const ice = suite('the ICE agent');
const done = failAfter(60_000);
ice.after(done);

const log = createLog('test', 'silent');
const agent = (listenIp = '127.0.0.1') =>
  IceAgent.open({ ports: new PortPool(44_100, 44_200), listenIp, iceServers: [], log });
const remoteOf = (lite: LiteStun, pwd = lite.pwd) => ({
  lite: true,
  ufrag: lite.ufrag,
  pwd,
  candidates: [lite.candidate],
});

for (const family of [4, 6] as const) {
  ice(`nominates one pair with a lite end over IPv${family}, with a password that ends in ==`, async () => {
    const lite = await LiteStun.open(family);
    const full = await agent(family === 4 ? '127.0.0.1' : '::1');
    const path = await within(3000, 'ICE', full.connect(remoteOf(lite)));
    assert.ok(full.isConnected);
    assert.is(lite.seen[0]?.username, `${lite.ufrag}:${full.ufrag}`);
    assert.ok(lite.seen.every((check) => check.controlling));
    assert.not.ok(lite.seen[0]?.useCandidate, 'first a check, then the nomination (regular nomination)');
    assert.ok(lite.seen.at(-1)?.useCandidate);

    const heard: Buffer[] = [];
    path.onMedia = (datagram) => heard.push(datagram);
    path.send(Buffer.from([22, 1, 2, 3]));
    await until(1000, 'our datagram', () => lite.data.length === 1);
    assert.equal([...(lite.data[0] ?? [])], [22, 1, 2, 3]);
    for (const first of [22, 128, 191]) lite.send(Buffer.from([first, 9]));
    for (const first of [4, 19, 64, 127, 192]) lite.send(Buffer.from([first, 9])); // neither DTLS nor RTP
    await until(1000, 'theirs', () => heard.length === 3);
    await forMs(20);
    assert.equal(
      heard.map((datagram) => datagram[0]),
      [22, 128, 191],
    );
    await full.close();
    lite.close();
  });
}

ice('nominates one pair of several, whenever the others answer', async () => {
  const [four, six] = await Promise.all([LiteStun.open(4), LiteStun.open(6)]);
  const full = await agent('::');
  six.delayMs = 40; // its check is the first, and answered when the other one is nominated
  await full.connect({
    ...remoteOf(four),
    candidates: [{ ...six.candidate, priority: 2_122_262_783 }, four.candidate],
  });
  await forMs(300);
  assert.ok(six.seen.length > 0 && four.seen.length > 0);
  const nominated = [four, six].filter((lite) => lite.seen.some((check) => check.useCandidate));
  assert.is(nominated.length, 1);
  await full.close();
  four.close();
  six.close();
});

ice('hears nobody but the nominated end', async () => {
  const lite = await LiteStun.open();
  const full = await agent();
  const path = await full.connect(remoteOf(lite));
  let heard = 0;
  path.onMedia = () => (heard += 1);
  const port = full.candidates[0]?.port ?? 0;
  const stranger = createSocket('udp4');
  await new Promise<void>((resolve) => {
    stranger.send(Buffer.from([128, 111, 0, 0]), port, '127.0.0.1', () => resolve());
  });
  lite.send(Buffer.from([128, 111, 0, 1]));
  await until(1000, 'the packet of the nominated end', () => heard > 0);
  await forMs(20);
  assert.is(heard, 1);
  stranger.close();
  await full.close();
  lite.close();
});

ice('goes on checking until the far end knows us', async () => {
  const lite = await LiteStun.open();
  lite.isSilent = true;
  const full = await agent();
  const connected = full.connect(remoteOf(lite));
  await forMs(2500); // longer than one round of checks
  assert.not.ok(full.isConnected);
  lite.isSilent = false;
  lite.isIgnorant = true;
  await until(3000, 'refused checks', () => lite.seen.length >= 2);
  const refused = lite.seen.length;
  await forMs(500);
  assert.ok(lite.seen.length - refused <= 5, `${lite.seen.length - refused} checks in 500 ms`);
  lite.isIgnorant = false;
  await within(3000, 'ICE', connected);
  await full.close();
  lite.close();
});

ice('stops when it is closed while it checks', async () => {
  const lite = await LiteStun.open();
  lite.isSilent = true;
  const full = await agent();
  void full.connect(remoteOf(lite)).catch(() => undefined);
  await forMs(100);
  await full.close();
  lite.isSilent = false;
  await forMs(700);
  assert.is(lite.seen.length, 0);
  lite.close();
});

ice('works with a full agent at the far end', async () => {
  const full = await agent();
  const far = new Connection(false, { additionalHostAddresses: ['127.0.0.1'], useIpv6: false });
  delete far.stunServer;
  await far.gatherCandidates();
  far.setRemoteParams({ iceLite: false, usernameFragment: full.ufrag, password: full.pwd });
  for (const candidate of full.candidates) await far.addRemoteCandidate(candidate);
  await far.addRemoteCandidate(undefined);
  const candidates = far.localCandidates.map((c) => ({
    foundation: c.foundation,
    priority: c.priority,
    address: c.host,
    port: c.port,
    type: c.type,
  }));
  const [path] = await within(
    5000,
    'ICE',
    Promise.all([
      full.connect({ lite: false, ufrag: far.localUsername, pwd: far.localPassword, candidates }),
      far.connect(),
    ]),
  );
  const heard: Buffer[] = [];
  far.onData.subscribe((datagram) => heard.push(datagram));
  path.send(Buffer.from([20, 1]));
  await until(1000, 'a datagram at the far end', () => heard.length === 1);
  await full.close();
  await far.close();
});

ice('keeps its consent fresh, and says once that the far end is lost when it expires', async () => {
  // RFC 7675 asks every 5 s and gives up after 30: here twenty times as fast.
  const real = globalThis.setTimeout;
  const hasty = (run: () => void, ms = 0): NodeJS.Timeout => real(run, ms >= 3000 ? ms / 20 : ms);
  globalThis.setTimeout = hasty as typeof setTimeout;
  try {
    const lite = await LiteStun.open();
    const full = await agent();
    let lost = 0;
    full.onLost = () => (lost += 1);
    await full.connect(remoteOf(lite));
    const checks = lite.seen.length;
    await until(5000, 'consent checks', () => lite.seen.length > checks + 3);
    assert.is(lost, 0);
    lite.isSilent = true;
    await until(5000, 'the loss', () => lost > 0);
    assert.not.ok(full.isConnected);
    await full.close();
    assert.is(lost, 1);
    lite.close();
  } finally {
    globalThis.setTimeout = real;
  }
});

ice('opens sockets where the address says, or on every interface where it says nothing', () => {
  const interfaces = {
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
    eth0: [
      { address: '10.0.0.5', family: 'IPv4', internal: false },
      { address: 'fe80::1', family: 'IPv6', internal: false },
      { address: '2001:db8::5', family: 'IPv6', internal: false },
    ],
  } as never;
  assert.equal(hostSockets('10.0.0.5', interfaces), [{ family: 4, bind: '10.0.0.5', addresses: ['10.0.0.5'] }]);
  assert.equal(hostSockets('0.0.0.0', interfaces), [
    { family: 4, bind: '0.0.0.0', addresses: ['10.0.0.5'] },
    { family: 6, bind: '::', addresses: ['2001:db8::5'] },
  ]);
  assert.equal(hostSockets('127.0.0.1', interfaces)[0]?.addresses, ['10.0.0.5', '127.0.0.1']);
  assert.equal(hostSockets('127.0.0.1', {}), [{ family: 4, bind: '0.0.0.0', addresses: ['127.0.0.1'] }]);
});

ice.run();
