import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Pacer } from '../../../media/switch/pacer.ts';
import { Switch } from '../../../media/switch/switch.ts';
import type { TakeRtp } from '../../../media/sfu/rtp-port.ts';
import { forMs } from '../support/wait.ts';

const test = suite('the switch');

function rig() {
  const sent: Buffer[] = [];
  const producer = { rtpParameters: { encodings: [{ ssrc: 0xfeed_beef }] } } as never;
  const out = { producer, send: (packet: Buffer) => void sent.push(packet) };
  const comfort = [Buffer.from([1]), Buffer.from([2])];
  return { sent, the: new Switch({ out, pacer: new Pacer(), comfort }) };
}

/** A source whose packets the test sends. */
function mic() {
  let take: TakeRtp | undefined;
  return {
    source: {
      label: 'mic',
      start(taker: TakeRtp) {
        take = taker;
        return () => (take = undefined);
      },
    },
    say: (packet: Buffer) => take?.(packet),
  };
}

const payload = Buffer.from('payload');
const header = (first: number): Buffer => Buffer.from([first, 111, 0, 9, 0, 0, 3, 0xc0, 0, 0, 0, 7]);

test('says nothing before it is opened, and something at once when it is', () => {
  const { sent, the } = rig();
  const { source, say } = mic();
  the.feed(source);
  say(Buffer.concat([header(0x80), payload]));
  assert.is(sent.length, 0);
  the.open();
  assert.is(sent.length, 1);
  assert.is(sent[0]?.readUInt32BE(8), 0xfeed_beef);
  the.close();
});

test('takes contributors and header extensions off a packet', () => {
  const { sent, the } = rig();
  const { source, say } = mic();
  the.open();
  the.feed(source);
  const csrc = Buffer.alloc(8, 0xcc);
  const extension = Buffer.from([0xbe, 0xde, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
  say(Buffer.concat([header(0x92), csrc, extension, payload]));
  const out = sent.at(-1);
  assert.is(out?.[0], 0x80);
  assert.is(out?.length, 12 + payload.length);
  assert.is(out?.subarray(12).toString(), 'payload');
  the.close();
});

test('drops what is no Opus, and what is broken', () => {
  const { sent, the } = rig();
  const { source, say } = mic();
  the.open();
  the.feed(source);
  const dtmf = Buffer.concat([header(0x80), payload]);
  dtmf[1] = 126;
  say(dtmf);
  say(header(0x80)); // no payload
  say(Buffer.concat([header(0x90), Buffer.from([0xbe, 0xde, 0, 99])])); // an extension longer than the packet
  say(header(0x8f)); // contributors that are not there
  assert.is(sent.length, 1);
  the.close();
});

test('is never silent for longer than 100 ms, and beats every 20 ms', async () => {
  const { sent, the } = rig();
  the.open();
  await forMs(1000);
  assert.ok(sent.length >= 45 && sent.length <= 52, `${sent.length} packets in a second`);
  assert.equal(
    sent.slice(0, 4).map((packet) => packet[12]),
    [1, 2, 1, 2],
  );
  the.close();
  const closed = sent.length;
  await forMs(60);
  assert.is(sent.length, closed);
});

test('listens to one source at a time', () => {
  const { sent, the } = rig();
  const [one, two] = [mic(), mic()];
  the.open();
  the.feed(one.source);
  the.feed(two.source);
  one.say(Buffer.concat([header(0x80), payload]));
  assert.is(sent.length, 1);
  two.say(Buffer.concat([header(0x80), payload]));
  assert.is(sent.length, 2);
  the.feed(undefined);
  two.say(Buffer.concat([header(0x80), payload]));
  assert.is(sent.length, 2);
  assert.is(the.sourcePackets, 1);
  the.close();
});

test.run();
