import { Candidate } from 'werift';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announce } from '../../../media/leg/announce.ts';
import { iceServerOptions } from '../../../media/leg/ice-servers.ts';

const candidates = suite('our candidates');

const host = (address: string, port = 40_002): Candidate => new Candidate('f', 1, 'udp', 1, address, port, 'host');
const gathered = [host('10.0.0.5'), host('127.0.0.1'), host('2001:db8::5', 40_003)];
const linesOf = (announced: string, withLoopback = false, from = gathered): string[] =>
  announce(from, announced, withLoopback).map(({ line }) => line);

candidates('are listed without loopback, each with its own priority', () => {
  assert.equal(linesOf('127.0.0.1'), [
    '1 1 udp 2130706431 10.0.0.5 40002 typ host',
    '2 1 udp 2130706175 2001:db8::5 40003 typ host',
  ]);
});

candidates('include loopback for a relay on this machine', () => {
  assert.is(linesOf('127.0.0.1', true).length, 3);
});

candidates('begin with the announced address, on the port of the socket of its family', () => {
  assert.is(linesOf('198.51.100.7')[0], '1 1 udp 2130706431 198.51.100.7 40002 typ host');
  assert.is(linesOf('2001:db8::99')[0], '1 1 udp 2130706431 2001:db8::99 40003 typ host');
  assert.is(linesOf('10.0.0.5').length, 2, 'an address that we have is not listed twice');
  assert.is(linesOf('0.0.0.0').length, 2);
  assert.is(linesOf('media.example.org').length, 2, 'a name is for browsers');
});

candidates('name the base of a mapped and of a relayed address', () => {
  const mapped = new Candidate('f', 1, 'udp', 1, '203.0.113.9', 50_000, 'srflx', '10.0.0.5', 40_002);
  const relayed = new Candidate('f', 1, 'udp', 1, '203.0.113.3', 60_000, 'relay', '203.0.113.9', 50_001);
  assert.equal(linesOf('127.0.0.1', false, [mapped, relayed]), [
    '1 1 udp 1694498815 203.0.113.9 50000 typ srflx raddr 10.0.0.5 rport 40002',
    '2 1 udp 16776959 203.0.113.3 60000 typ relay raddr 203.0.113.9 rport 50001',
  ]);
});

candidates('come from the first STUN and the first TURN server', () => {
  const options = iceServerOptions([
    { urls: 'stun:stun.example.org' },
    { urls: ['turn:turn.example.org:3478?transport=tcp'], username: 'u', credential: 'p' },
  ]);
  assert.equal(options.stunServer, ['stun.example.org', 3478]);
  assert.equal(options.turnServer, ['turn.example.org', 3478]);
  assert.is(options.turnTransport, 'tcp');
  assert.is(options.turnUsername, 'u');
  assert.equal(iceServerOptions([]), {});
});

candidates.run();
