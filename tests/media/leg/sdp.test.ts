import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { Fault } from '../../../control/contract/fault.ts';
import { parseRemote, writeLocal } from '../../../media/leg/sdp.ts';
import { samples, sdesOffer } from '../support/meta-sdp.ts';

const sdp = suite('session descriptions');

const refusalOf = (text: string, kind: 'offer' | 'answer' = 'offer'): string => {
  try {
    parseRemote(text, kind);
  } catch (error) {
    assert.instance(error, Fault);
    assert.is((error as Fault).code, 'media/bad-sdp');
    return (error as Fault).message;
  }
  return 'accepted';
};

sdp('of the documented offer are read whole', () => {
  const read = parseRemote(samples.documentedOffer, 'offer');
  assert.equal(read, {
    mid: 'audio',
    ice: {
      lite: true,
      ufrag: '6k2qP1R6kBfI/2',
      pwd: 'UApvJw3NcwFRDvIMKdM0vWCdlXah25E9',
      candidates: [
        { foundation: '1972637320', priority: 2_113_937_151, address: '31.13.65.60', port: 40_012, type: 'host' },
        {
          foundation: '1652262791',
          priority: 2_113_939_711,
          address: '2a03:2880:f211:cf:face:b00c:0:6443',
          port: 40_012,
          type: 'host',
        },
      ],
    },
    fingerprint: '1B:B6:6B:40:A5:0B:8C:75:0D:8C:CB:90:2F:99:74:1E:26:45:AE:AF:45:C1:51:60:8F:73:C9:2D:10:6D:8A:88',
    dtlsRole: 'either',
    ssrc: 4_208_138_518,
    cname: 'gAXq2V9TKltrnapv',
  });
});

sdp('of real calls have a password that ends in ==', () => {
  const read = parseRemote(samples.realOffer, 'offer');
  assert.is(read.ice.pwd, 'F6/jjqL0/8/Dzluc0IoZEQ==');
  assert.is(read.ice.ufrag, 'AeinEGDfvqBctbtM');
  assert.is(read.ice.candidates.length, 2);
  assert.is(read.cname, 'WhatsAppAudioStream1');
});

sdp('of the documented answer keep mid 0 and the role active', () => {
  const read = parseRemote(samples.documentedAnswer, 'answer');
  assert.is(read.mid, '0');
  assert.is(read.dtlsRole, 'client');
});

for (const [setup, role] of [
  ['active', 'client'],
  ['passive', 'server'],
  ['actpass', 'server'], // illegal in an answer (RFC 8842 §5.3), yet seen
] as const) {
  sdp(`that answer with setup:${setup} make the far end the DTLS ${role}`, () => {
    const text = samples.documentedAnswer.replace('a=setup:active', `a=setup:${setup}`);
    assert.is(parseRemote(text, 'answer').dtlsRole, role);
  });
}

sdp('of a business are read too: upper-case SHA-256, srflx candidates, no SSRC', () => {
  const read = parseRemote(samples.businessAnswer, 'answer');
  assert.is(read.ssrc, undefined);
  assert.is(read.dtlsRole, 'client');
  assert.equal(
    read.ice.candidates.map(({ type }) => type),
    ['host', 'srflx'],
  );
});

sdp('with LF line ends, credentials at session level and three fingerprints are read', () => {
  const { fingerprint } = parseRemote(samples.realOffer, 'offer');
  const text = samples.realOffer
    .replaceAll('\r\n', '\n')
    .replace(/a=fingerprint.*\n/, (line) => `a=fingerprint:sha-512 00:11\n${line}a=fingerprint:sha-384 22:33\n`);
  assert.is(parseRemote(text, 'offer').fingerprint, fingerprint);
  const credentials = /a=ice-ufrag:.*\na=ice-pwd:.*\n/.exec(text)?.[0] ?? '';
  const atSession = text.replace(credentials, '').replace('a=ice-lite\n', `a=ice-lite\n${credentials}`);
  assert.is(parseRemote(atSession, 'offer').ice.ufrag, 'AeinEGDfvqBctbtM');
});

sdp('without candidates fall back to the address of m= and c=', () => {
  const text = samples.realOffer.replace(/a=candidate:.*\r\n/g, '');
  const [candidate] = parseRemote(text, 'offer').ice.candidates;
  assert.is(candidate?.address, '57.144.215.49');
  assert.is(candidate?.port, 3484);
});

const offer = samples.realOffer;
const refusals: readonly [string, string, RegExp][] = [
  ['nothing', '', /not a session description/],
  ['prose', 'hello', /not a session description/],
  ['JSON', '{"v":0}', /not a session description/],
  ['no media', offer.slice(0, offer.indexOf('m=audio')), /no media section/],
  ['a refused medium', offer.replace('m=audio 3484', 'm=audio 0'), /port 0/],
  ['video alone', offer.replace('m=audio', 'm=video'), /video, not audio/],
  ['two media', `${offer}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`, /2 media sections/],
  ['SDES keys', sdesOffer, /SDES/],
  ['plain RTP', offer.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), /RTP\/AVP/],
  ['no Opus', offer.replace('opus/48000/2', 'G722/8000'), /no Opus/],
  ['Opus at 16 kHz', offer.replace('opus/48000/2', 'opus/16000/2'), /no Opus/],
  ['Opus as 107', offer.replaceAll('111', '107'), /payload type 107/],
  ['no ufrag', offer.replace(/a=ice-ufrag.*\r\n/, ''), /ICE credentials/],
  ['no password', offer.replace(/a=ice-pwd.*\r\n/, ''), /ICE credentials/],
  ['no fingerprint', offer.replace(/a=fingerprint.*\r\n/, ''), /no DTLS fingerprint/],
  ['only sha-1', offer.replace('sha-256', 'sha-1'), /none of its DTLS fingerprints/],
  ['a cut fingerprint', offer.replace(/(sha-256 ..:..).*\r\n/, '$1\r\n'), /not 32 bytes/],
  ['a held connection', offer.replace('actpass', 'holdconn'), /holdconn/],
  [
    'nowhere to send to',
    offer.replace(/a=candidate:.*\r\n/g, '').replace('57.144.215.49\r\n', '0.0.0.0\r\n'),
    /no UDP candidate/,
  ],
];
for (const [what, text, reason] of refusals) {
  sdp(`with ${what} are refused with the reason`, () => {
    assert.match(refusalOf(text), reason);
  });
}

sdp('of any kind are read or refused, never a crash', () => {
  const pieces = offer.split('\r\n');
  const mangled = fc
    .array(fc.tuple(fc.nat(pieces.length - 1), fc.oneof(fc.string(), fc.constantFrom(...pieces))), { maxLength: 12 })
    .map((changes) => {
      const lines = [...pieces];
      for (const [at, line] of changes) lines[at] = line;
      return lines.join('\r\n');
    });
  fc.assert(
    fc.property(fc.oneof(mangled, fc.string()), (text) => void refusalOf(text)),
    { numRuns: 300 },
  );
});

const local = {
  sessionId: '1',
  mid: 'audio',
  ufrag: 'abcd',
  pwd: 'x'.repeat(22),
  candidates: [{ line: '1 1 udp 2130706431 10.0.0.5 40000 typ host', address: '10.0.0.5', port: 40_000 }],
  fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
  setup: 'active' as const,
  ssrc: 42,
  cname: 'us',
};

sdp('of ours say what Meta asks for, and nothing that it refuses', () => {
  const text = writeLocal(local);
  const lines = text.split('\r\n');
  assert.is(text.replaceAll('\r\n', '').includes('\n'), false);
  assert.is(lines.filter((line) => line.startsWith('m=')).length, 1);
  assert.is(lines.filter((line) => line.startsWith('a=fingerprint:sha-256 ')).length, 1);
  assert.is(lines.filter((line) => line.startsWith('a=ssrc:')).length, 1);
  for (const line of ['a=setup:active', 'a=mid:audio', 'a=ptime:20', 'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2']) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(lines.includes('m=audio 40000 UDP/TLS/RTP/SAVPF 111'));
  assert.ok(lines.includes('c=IN IP4 10.0.0.5'));
  assert.not.match(text, 'ice-lite');
  assert.not.match(text, '126');
  assert.not.match(text, 'extmap');
});

sdp('of ours can be read by ourselves', () => {
  const read = parseRemote(writeLocal({ ...local, setup: 'actpass' }), 'offer');
  assert.is(read.ice.lite, false);
  assert.is(read.ssrc, 42);
  assert.is(read.ice.candidates[0]?.address, '10.0.0.5');
});

sdp.run();
