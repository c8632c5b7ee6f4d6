import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MediaCounters, countersOf, qualityOf, sampleOf } from '../../ui/src/media/quality.ts';

const quality = suite('line quality');

const counters = (change: Partial<MediaCounters> = {}): MediaCounters => ({
  packetsReceived: 0,
  packetsLost: 0,
  jitter: 0.002,
  fractionLostOut: 0,
  roundTrip: 0.04,
  ...change,
});

// loss, jitter ms, round trip ms, bars, what is worst
for (const [loss, jitterMs, roundTripMs, bars, worst] of [
  [0, 2, 40, 4, 'none'],
  [0.01, 5, 80, 4, 'none'],
  [0.04, 5, 80, 3, 'loss'],
  [0.1, 5, 80, 2, 'loss'],
  [0.4, 5, 80, 1, 'loss'],
  [0, 5, 600, 3, 'delay'],
  [0, 120, 100, 3, 'jitter'],
] as const) {
  quality(`${loss * 100} % loss, ${jitterMs} ms jitter and ${roundTripMs} ms round trip are ${bars} bars`, () => {
    assert.equal(qualityOf({ lossIn: loss, lossOut: 0, jitterMs, roundTripMs }), { bars, worst });
  });
}

quality('what the customer misses counts as much as what the operator misses', () => {
  const inbound = qualityOf({ lossIn: 0.1, lossOut: 0, jitterMs: 0, roundTripMs: 0 });
  const outbound = qualityOf({ lossIn: 0, lossOut: 0.1, jitterMs: 0, roundTripMs: 0 });
  assert.equal(inbound, outbound);
});

quality('figures that are not known yet do not make the line worse', () => {
  assert.equal(qualityOf({ lossIn: null, lossOut: null, jitterMs: null, roundTripMs: 30 }).bars, 4);
});

quality('loss is that of the time between two readings, not of the whole call', () => {
  const before = counters({ packetsReceived: 1000, packetsLost: 500 });
  const now = counters({ packetsReceived: 1090, packetsLost: 510 });
  assert.equal(sampleOf(before, now).lossIn, 0.1);
});

quality('a stream that has just begun has no loss yet', () => {
  assert.equal(sampleOf(undefined, counters()).lossIn, null);
});

quality('counters that start anew after a reconnect are no loss', () => {
  const before = counters({ packetsReceived: 9000, packetsLost: 12 });
  assert.equal(sampleOf(before, counters({ packetsReceived: 10 })).lossIn, null);
});

quality('the figures are found among the reports of both transports', () => {
  const receive = [
    { type: 'transport' },
    { type: 'inbound-rtp', packetsReceived: 7, packetsLost: 1, jitter: 0.003 },
    { type: 'candidate-pair', currentRoundTripTime: 0.05 },
  ];
  const send = [{ type: 'remote-inbound-rtp', fractionLost: 0.02, roundTripTime: 0.06 }];
  assert.equal(countersOf(receive, send), {
    packetsReceived: 7,
    packetsLost: 1,
    jitter: 0.003,
    fractionLostOut: 0.02,
    roundTrip: 0.06,
  });
});

quality('before the first receiver report the path itself tells the delay', () => {
  assert.is(countersOf([], [{ type: 'candidate-pair', currentRoundTripTime: 0.05 }]).roundTrip, 0.05);
});

quality.run();
