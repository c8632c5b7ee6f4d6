import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { frameTicks, Timeline } from '../../../media/switch/timeline.ts';

const line = suite('the timeline');

type Sent = { seq: number; ts: number; marker: boolean; at: number; kind: 'source' | 'comfort' };

/** A timeline with a source of its own numbers, as the switch drives it. */
class Rig {
  readonly timeline: Timeline;
  readonly sent: Sent[] = [];
  now = 1000;
  srcSeq = 65_500;
  srcTs = 0xffff_f000;

  constructor(seq = 65_530, ts = 0xffff_ff00) {
    this.timeline = new Timeline(seq, ts);
  }

  /** The source's packet number `n` (20 ms each) arrives now. */
  arrive(n: number): boolean {
    if (!this.timeline.inRun) {
      for (let owed = this.timeline.owed(this.now); owed > 1; owed -= 1) {
        this.timeline.comfort(this.now);
        this.#note('comfort');
      }
    }
    const placed = this.timeline.accept((this.srcSeq + n) & 0xffff, (this.srcTs + n * frameTicks) >>> 0, this.now);
    if (placed) this.#note('source');
    return placed;
  }

  /** Comfort noise up to the clock, as on a beat of the switch. */
  comfort(): void {
    for (let owed = this.timeline.owed(this.now); owed > 0; owed -= 1) {
      this.timeline.comfort(this.now);
      this.#note('comfort');
    }
  }

  #note(kind: Sent['kind']): void {
    const { seq, ts, marker } = this.timeline;
    this.sent.push({ seq, ts, marker, at: this.now, kind });
  }
}

line('carries a source over the wrap of both numbers', () => {
  const rig = new Rig();
  for (let n = 0; n < 2000; n += 1) {
    assert.ok(rig.arrive(n));
    rig.now += 20;
  }
  for (const [i, packet] of rig.sent.entries()) {
    assert.is(packet.seq, (65_530 + i) & 0xffff);
    assert.is(packet.ts, (0xffff_ff00 + i * frameTicks) % 2 ** 32);
    assert.is(packet.marker, i === 0);
  }
});

line('keeps the losses and the order of a source', () => {
  const rig = new Rig(10, 0);
  for (const n of [0, 1, 4, 3, 2, 5]) {
    assert.ok(rig.arrive(n));
    rig.now += 5;
  }
  assert.equal(
    rig.sent.map(({ seq }) => seq - 10),
    [0, 1, 4, 3, 2, 5],
  );
  assert.equal(
    rig.sent.map(({ ts }) => ts / frameTicks),
    [0, 1, 4, 3, 2, 5],
  );
});

line('refuses a packet that came twice', () => {
  const rig = new Rig();
  assert.ok(rig.arrive(0));
  assert.ok(rig.arrive(1));
  assert.not.ok(rig.arrive(1));
  assert.not.ok(rig.arrive(0));
  assert.ok(rig.arrive(2));
});

line('refuses what belongs before the present run', () => {
  const rig = new Rig();
  rig.arrive(0);
  rig.now += 80;
  rig.comfort();
  rig.now += 20;
  assert.ok(rig.arrive(6));
  assert.not.ok(rig.arrive(5), 'its number was given to comfort noise');
  assert.ok(rig.arrive(7));
});

line('fills a silence up to the clock, without a hole', () => {
  const rig = new Rig(0, 0);
  rig.arrive(0);
  rig.now += 60;
  rig.comfort(); // the three frames that passed
  for (let i = 0; i < 5; i += 1) {
    rig.now += 20;
    rig.comfort();
  }
  rig.now += 20;
  rig.arrive(9); // 180 ms after the first
  for (const [i, packet] of rig.sent.entries()) {
    assert.is(packet.seq, i);
    assert.is(packet.ts, i * frameTicks);
  }
  assert.equal(
    rig.sent.map(({ marker }) => marker),
    [true, true, false, false, false, false, false, false, false, true],
  );
});

line('sends one frame a beat, whatever the phase, however uneven the beats', () => {
  for (let phase = 0; phase < 20; phase += 1) {
    const rig = new Rig(0, 0);
    rig.arrive(0);
    rig.now += 60 + phase;
    rig.comfort();
    for (let i = 0; i < 50; i += 1) {
      const before = rig.sent.length;
      rig.now += 20 + ((i * 7) % 5) - 2; // 2 ms early to 2 ms late
      rig.comfort();
      if (i > 2) assert.is(rig.sent.length, before + 1, `phase ${phase}, beat ${i}`);
    }
  }
});

line('jumps to the clock after the whole process stood still', () => {
  const rig = new Rig(0, 0);
  rig.comfort();
  rig.now += 2000;
  rig.comfort();
  assert.is(rig.sent.length, 2);
  assert.is(rig.sent[1]?.seq, 1);
  assert.is(rig.sent[1]?.ts, 100 * frameTicks);
});

line('takes another source at the next number, whatever its own are', () => {
  const rig = new Rig(0, 0);
  rig.arrive(0);
  rig.arrive(1);
  rig.timeline.cut();
  rig.srcSeq = 17;
  rig.srcTs = 99;
  rig.now += 40;
  assert.ok(rig.arrive(0));
  const last = rig.sent.at(-1);
  assert.is(last?.seq, 2);
  assert.is(last?.ts, 2 * frameTicks);
  assert.ok(last?.marker);
});

line('leaves out what a stalled network delivers all at once, but for the last moments', () => {
  const rig = new Rig(0, 0);
  let n = 0;
  for (; n < 100; n += 1) {
    rig.arrive(n);
    rig.now += 20;
  }
  const stalled = n; // one second passes without a packet
  for (let i = 0; i < 50; i += 1) {
    rig.comfort();
    rig.now += 20;
  }
  let taken = 0;
  for (; n < stalled + 50; n += 1) if (rig.arrive(n)) taken += 1;
  assert.ok(taken >= 4 && taken <= 7, `${taken} of 50 late packets were sent`);
  rig.now += 20;
  assert.ok(rig.arrive(n));
  const ahead = (rig.sent.at(-1)?.ts ?? 0) - (rig.now - 1000) * 48;
  assert.ok(ahead <= 100 * 48, `the line runs ${ahead / 48} ms ahead of the clock`);
});

line('believes a source whose timestamps stood still while it was muted', () => {
  const rig = new Rig(0, 0);
  for (let n = 0; n < 10; n += 1) {
    rig.arrive(n);
    rig.now += 20;
  }
  for (let i = 0; i < 100; i += 1) {
    rig.comfort();
    rig.now += 20;
  }
  let refused = 0;
  for (let n = 10; n < 60; n += 1) {
    if (!rig.arrive(n)) refused += 1;
    rig.now += 20;
  }
  assert.ok(refused <= 3, `${refused} packets were refused`);
});

line('does not drift away from a source with a slow clock', () => {
  const rig = new Rig(0, 0);
  for (let n = 0; n < 90_000; n += 1) {
    rig.now += 20.006; // 300 ppm for half an hour
    assert.ok(rig.arrive(n));
    if (n % 500 === 499) {
      rig.now += 80;
      rig.comfort();
      n += 4;
      rig.now += 0.024;
      assert.ok(rig.arrive(n));
    }
  }
});

// What may happen at the switch, in any order: packets with jitter, loss, duplicates and reordering; silence that
// comfort noise fills; changes of the source.
const happening = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('packet' as const), wait: fc.integer({ min: 0, max: 45 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), back: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('silence' as const), frames: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('change' as const), seq: fc.nat(0xffff), ts: fc.nat(0xffff_ffff) }),
  },
);

line('never uses a number twice, never goes back in time, and changes source without a gap', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 200 }), (happenings) => {
      const rig = new Rig(0, 0);
      let n = 0;
      for (const what of happenings) {
        if (what.do === 'packet') {
          rig.now += what.wait;
          rig.arrive((n += 1));
        } else if (what.do === 'lose') n += what.count;
        else if (what.do === 'again') rig.arrive(n - what.back);
        else if (what.do === 'change') {
          rig.timeline.cut();
          rig.srcSeq = what.seq;
          rig.srcTs = what.ts;
        } else {
          rig.now += 60;
          for (let i = 0; i < what.frames; i += 1, rig.now += 20, n += 1) rig.comfort();
        }
      }
      const { sent } = rig;
      assert.is(new Set(sent.map(({ seq }) => seq)).size, sent.length, 'a number was used twice');
      const inOrder = sent.toSorted((a, b) => a.seq - b.seq);
      for (const [i, packet] of inOrder.entries()) {
        const before = inOrder[i - 1];
        if (before) assert.is(packet.ts - before.ts, (packet.seq - before.seq) * frameTicks, 'numbers and time part');
        if (packet.marker && before) assert.is(packet.seq, before.seq + 1, 'a change made a gap');
      }
      for (const [i, packet] of sent.entries()) {
        const before = sent[i - 1];
        if (before && before.kind !== packet.kind)
          assert.ok(packet.marker || packet.seq < before.seq, 'an unmarked change');
      }
    }),
    { numRuns: 500 },
  );
});

line.run();
