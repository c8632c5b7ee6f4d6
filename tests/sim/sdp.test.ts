import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphError } from '../../ops/sim/meta/graph/errors.ts';
import { checkSession } from '../../ops/sim/meta/sdp/check.ts';
import { writeAnswer, writeOffer } from '../../ops/sim/meta/sdp/write.ts';

const sdp = suite('sim sdp');

const fingerprint = 'D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F';
/** The least that a business may answer: no payload type 126, no fmtp, no ptime, private candidates, `SHA-256`. */
const plain = [
  'v=0',
  'o=- 3969669906 3969669906 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE audio',
  'm=audio 51420 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 192.168.0.105',
  'a=sendrecv',
  'a=mid:audio',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=candidate:1 1 udp 2130706431 192.168.0.105 51420 typ host',
  'a=end-of-candidates',
  'a=ice-ufrag:9562',
  'a=ice-pwd:9wVM36cwkl9Cq5Jm4kvD2e',
  `a=fingerprint:SHA-256 ${fingerprint}`,
  'a=setup:active',
];
const text = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
const without = (start: string): string[] => plain.filter((line) => !line.startsWith(start));
const answer = (lines: readonly string[]) => checkSession({ sdp_type: 'answer', sdp: text(lines) }, 'answer');

/** The code and the details of the refusal. */
function refusal(session: unknown, expected: 'offer' | 'answer' = 'answer'): [number, string] {
  try {
    checkSession(session, expected);
  } catch (error) {
    if (error instanceof GraphError) return [error.code, error.details];
    throw error;
  }
  return [0, 'taken'];
}

sdp('an answer of the captured shape is taken: no 126, no fmtp, private candidate, SHA-256 in capitals', () => {
  const { text: _, ...facts } = answer(plain);
  assert.equal(facts, {
    ufrag: '9562',
    password: '9wVM36cwkl9Cq5Jm4kvD2e',
    fingerprint,
    setup: 'active',
    mid: 'audio',
    bundled: true,
    payloadType: 111,
    eventPayloadType: undefined,
    ssrc: undefined,
    warnings: [],
  });
});

sdp('an answer without candidates is taken', () => {
  assert.is(answer(without('a=candidate')).setup, 'active');
});

const refused: [name: string, session: unknown, code: number, details: RegExp][] = [
  ['no session', undefined, 100, /session is required/],
  ['an SDP that is no string', { sdp_type: 'answer', sdp: { type: 'answer' } }, 100, /non-empty string/],
  ['an SDP that is serialised twice', { sdp_type: 'answer', sdp: '{"sdp":"v=0"}' }, 100, /serialised twice/],
  ['an offer where an answer is due', { sdp_type: 'offer', sdp: text(plain) }, 100, /must be "answer"/],
  ['lines that end with LF alone', { sdp_type: 'answer', sdp: text(plain).replaceAll('\r', '') }, 100, /CRLF/],
  ['one line that ends with LF alone', { sdp_type: 'answer', sdp: text(plain).replace('\r', '') }, 100, /CRLF/],
];
const lines: [name: string, lines: readonly string[], code: number, details: RegExp][] = [
  ['two media sections', [...plain, ...plain.slice(5)], 100, /exactly one media section/],
  ['video', plain.map((line) => line.replace('m=audio', 'm=video')), 100, /only audio/],
  ['no media section', plain.slice(0, 5), 100, /exactly one media section/],
  ['SDES', plain.map((line) => line.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP')), 100, /not supported/],
  ['no Opus', plain.map((line) => line.replace('opus/48000/2', 'PCMU/8000')), 100, /no opus/],
  ['Opus at another clock', plain.map((line) => line.replace('48000/2', '16000/2')), 100, /no opus/],
  ['a payload type that was not offered', plain.map((line) => line.replace('111', '96')), 100, /payload type/],
  ['a packet time of 40 ms', [...plain, 'a=ptime:40'], 100, /ptime must be 20/],
  ['no fingerprint', without('a=fingerprint'), 100, /No fingerprint found in SDP/],
  ['two fingerprints', [...plain, `a=fingerprint:sha-256 ${fingerprint}`], 138008, /more than one fingerprint/],
  ['a sha-1 fingerprint', plain.map((line) => line.replace('SHA-256', 'sha-1')), 100, /not SHA256/],
  ['a broken fingerprint', plain.map((line) => line.replace('D2:FA', 'D2')), 100, /malformed fingerprint/],
  ['no ice-ufrag', without('a=ice-ufrag'), 100, /ice-ufrag/],
  ['no ice-pwd', without('a=ice-pwd'), 100, /ice-pwd/],
  ['two SSRCs', [...plain, 'a=ssrc:1 cname:a', 'a=ssrc:2 cname:a'], 100, /more than one SSRC/],
  ['RTCP on a port of its own', without('a=rtcp-mux'), 100, /rtcp-mux/],
  ['setup actpass in an answer', plain.map((line) => line.replace('active', 'actpass')), 100, /active or passive/],
  ['no setup', without('a=setup'), 100, /no setup/],
];
for (const [name, broken, code, details] of lines) {
  refused.push([name, { sdp_type: 'answer', sdp: text(broken) }, code, details]);
}
for (const [name, session, code, details] of refused) {
  sdp(`refused with ${code}: ${name}`, () => {
    const [given, said] = refusal(session);
    assert.is(given, code, said);
    assert.match(said, details);
  });
}

sdp('several lines of one SSRC are one SSRC', () => {
  assert.is(answer([...plain, 'a=ssrc:77 cname:a', 'a=ssrc:77 msid:a b', 'a=ptime:20']).ssrc, 77);
});

sdp('a=ice-lite, another mid and another direction are flagged: such calls stay silent or go wrong at Meta', () => {
  const odd = [...plain, 'a=ice-lite'].map((line) =>
    line.replace('mid:audio', 'mid:0').replace('sendrecv', 'recvonly'),
  );
  assert.equal(answer(odd).warnings, ['ice-lite-client', 'mid-not-mirrored', 'not-sendrecv']);
});

const end = {
  address: '57.144.215.49',
  address6: '2a03:2880:f36b:131:face:b00c:0:699c',
  port: 3484,
  ufrag: 'AeinEGDfvqBctbtM',
  password: 'F6/jjqL0/8/Dzluc0IoZEQ==',
  fingerprint,
  ssrc: 4_097_124_451,
};
/** What differs from call to call, as placeholders. */
const shape = (description: string): string[] =>
  description
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
    .replaceAll(/candidate:\d+/g, 'candidate:<n>')
    .split('\r\n');

const captured = [
  'v=0',
  'o=- 1760681506762 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE audio',
  'a=msid-semantic: WMS <uuid>',
  'a=ice-lite',
  'm=audio 3484 UDP/TLS/RTP/SAVPF 111 126',
  'c=IN IP4 57.144.215.49',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:<n> 1 udp 2122260223 57.144.215.49 3484 typ host generation 0 network-cost 50',
  'a=candidate:<n> 1 udp 2122262783 2a03:2880:f36b:131:face:b00c:0:699c 3484 typ host generation 0 network-cost 50',
  'a=ice-ufrag:AeinEGDfvqBctbtM',
  'a=ice-pwd:F6/jjqL0/8/Dzluc0IoZEQ==',
  `a=fingerprint:sha-256 ${fingerprint}`,
  'a=setup:actpass',
  'a=mid:audio',
  'a=sendrecv',
  'a=msid:<uuid> WhatsAppTrack1',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1',
  'a=rtpmap:126 telephone-event/8000',
  'a=maxptime:20',
  'a=ptime:20',
  'a=ssrc:4097124451 cname:WhatsAppAudioStream1',
  '',
];

sdp('an offer has the captured shape, line by line', () => {
  assert.equal(shape(writeOffer(end, 1_760_681_506_762)), captured);
});

sdp("an answer keeps the offer's payload type and mid", () => {
  const changed = plain.map((line) => line.replace('111', '109').replace('audio', '0').replace('m=0', 'm=audio'));
  const offer = checkSession({ sdp_type: 'offer', sdp: text(changed) }, 'offer');
  const written = writeAnswer(end, offer, { at: 1, setup: 'passive' });
  assert.ok(written.includes('a=setup:passive\r\n'));
  assert.ok(written.includes('a=mid:0\r\n') && written.includes('a=group:BUNDLE 0\r\n'));
  assert.ok(written.includes('m=audio 3484 UDP/TLS/RTP/SAVPF 109 126\r\n'));
  assert.ok(written.includes('a=rtpmap:109 opus/48000/2\r\n'));
});

sdp.run();
