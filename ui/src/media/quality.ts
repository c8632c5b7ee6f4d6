/** One direction's counters and the path's delay, as getStats() gives them at a moment. */
export type MediaCounters = {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Seconds. */
  readonly jitter: number | null;
  /** Share of our packets that the far side missed, 0..1. */
  readonly fractionLostOut: number | null;
  /** Seconds. */
  readonly roundTrip: number | null;
};

/** How the line was between two moments. Null is "not known yet". */
export type LineSample = {
  readonly lossIn: number | null;
  readonly lossOut: number | null;
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
};

export type Bars = 0 | 1 | 2 | 3 | 4;
export type Quality = { readonly bars: Bars; readonly worst: 'none' | 'loss' | 'jitter' | 'delay' };

type StatsEntry = Readonly<Record<string, unknown>>;

const numberOf = (entry: StatsEntry | undefined, name: string): number | null => {
  const value = entry?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

/** Picks what matters from the reports of both transports (W3C webrtc-stats §7). */
export function countersOf(receive: Iterable<StatsEntry>, send: Iterable<StatsEntry>): MediaCounters {
  const incoming = [...receive];
  const outgoing = [...send];
  const inbound = incoming.find((entry) => entry['type'] === 'inbound-rtp');
  const remote = outgoing.find((entry) => entry['type'] === 'remote-inbound-rtp');
  const path = [...incoming, ...outgoing].find(
    (entry) => entry['type'] === 'candidate-pair' && numberOf(entry, 'currentRoundTripTime') !== null,
  );
  return {
    packetsReceived: numberOf(inbound, 'packetsReceived') ?? 0,
    packetsLost: numberOf(inbound, 'packetsLost') ?? 0,
    jitter: numberOf(inbound, 'jitter'),
    fractionLostOut: numberOf(remote, 'fractionLost'),
    roundTrip: numberOf(remote, 'roundTripTime') ?? numberOf(path, 'currentRoundTripTime'),
  };
}

/** The figures of the time between two readings. */
export function sampleOf(before: MediaCounters | undefined, now: MediaCounters): LineSample {
  const received = now.packetsReceived - (before?.packetsReceived ?? 0);
  const lost = Math.max(0, now.packetsLost - (before?.packetsLost ?? 0));
  const expected = received + lost;
  return {
    lossIn: received >= 0 && expected > 0 ? lost / expected : null,
    lossOut: now.fractionLostOut,
    jitterMs: now.jitter === null ? null : now.jitter * 1000,
    roundTripMs: now.roundTrip === null ? null : now.roundTrip * 1000,
  };
}

/**
 * Bars from a shortened E-model (ITU-T G.107): what delay and loss take away from 93.2. Jitter counts
 * as delay, since the buffer has to wait for it; Opus with FEC stands loss like a codec with Bpl 20.
 */
export function qualityOf(sample: LineSample): Quality {
  const loss = Math.max(sample.lossIn ?? 0, sample.lossOut ?? 0);
  const jitterDelay = 2 * (sample.jitterMs ?? 0);
  const pathDelay = (sample.roundTripMs ?? 0) / 2;
  const byLoss = (95 * loss * 100) / (loss * 100 + 20);
  const rating = 93.2 - delayImpairment(pathDelay + jitterDelay) - byLoss;
  const bars: Bars = rating >= 80 ? 4 : rating >= 70 ? 3 : rating >= 60 ? 2 : 1;
  if (bars === 4) return { bars, worst: 'none' };
  const byDelay = delayImpairment(pathDelay + jitterDelay);
  if (byLoss >= byDelay) return { bars, worst: 'loss' };
  return { bars, worst: jitterDelay > pathDelay ? 'jitter' : 'delay' };
}

/** Id of the E-model, in its usual two straight pieces; one-way milliseconds. */
const delayImpairment = (ms: number): number => 0.024 * ms + (ms > 177.3 ? 0.11 * (ms - 177.3) : 0);
