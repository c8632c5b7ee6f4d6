import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deskListenInfos } from '../../../media/sfu/desk-addresses.ts';

const addresses = suite('where browsers reach a worker');

const interfaces = {
  lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
  eth0: [
    { address: '10.0.0.5', family: 'IPv4', internal: false },
    { address: 'fe80::1', family: 'IPv6', internal: false },
    { address: '2001:db8::5', family: 'IPv6', internal: false },
  ],
} as never;

addresses('UDP comes before TCP, on one port', () => {
  assert.equal(deskListenInfos({ listenIp: '127.0.0.1', announcedAddress: '127.0.0.1' }, 40_000, interfaces), [
    { protocol: 'udp', ip: '127.0.0.1', port: 40_000 },
    { protocol: 'tcp', ip: '127.0.0.1', port: 40_000 },
  ]);
});

addresses('a public address or name is announced in place of the inner one', () => {
  const [udp] = deskListenInfos({ listenIp: '0.0.0.0', announcedAddress: 'media.example.org' }, 40_000, interfaces);
  assert.equal(udp, { protocol: 'udp', ip: '0.0.0.0', announcedAddress: 'media.example.org', port: 40_000 });
});

addresses('a wildcard without a public address is spelled out', () => {
  const ips = (ip: string): string[] =>
    deskListenInfos({ listenIp: ip, announcedAddress: ip }, 40_000, interfaces)
      .filter(({ protocol }) => protocol === 'udp')
      .map((info) => info.ip);
  assert.equal(ips('0.0.0.0'), ['127.0.0.1', '10.0.0.5']);
  assert.equal(ips('::'), ['2001:db8::5']);
});

addresses.run();
