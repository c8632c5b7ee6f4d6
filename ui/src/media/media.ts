import { type Accessor, createSignal } from 'solid-js';
import type { CallId, NodeId } from '../../../control/contract/ids.ts';
import type { Line } from '../line/line.ts';
import type { DeskLeg, LegState } from './desk-leg.ts';
import { type LineSample, type MediaCounters, sampleOf } from './quality.ts';

/** `idle`: no call's sound is wanted. */
export type MediaState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

/** The sound of this desk's call. It finds its way again by itself; owners only read `state`. */
export type Media = {
  readonly state: Accessor<MediaState>;
  /** The customer's voice, for the page's audio element. */
  readonly remote: Accessor<MediaStream | null>;
  setIceServers(servers: readonly RTCIceServer[]): void;
  /** Builds the way to a node before anything is said. Failing is no harm: the call builds it then. */
  warm(nodeId: NodeId): void;
  /** Sends this microphone to whatever call this desk holds, now and over every repair of the way. */
  speak(nodeId: NodeId, track: MediaStreamTrack): void;
  /** @throws Fault while control or the node does not let this desk hear the call yet. */
  hear(nodeId: NodeId, callId: CallId): Promise<void>;
  /** The far side says that it hears nothing of us although the way seems to stand: makes it anew. */
  repair(): void;
  /** The call is over for this desk: nothing said, nothing heard, the way stays warm. */
  rest(): void;
  /** What the line was like since the last reading; undefined while there is no call. */
  sample(): Promise<LineSample | undefined>;
  close(): void;
};

/** A leg that was lost while nobody spoke is made again after this. */
const rewarmAfterMs = 2000;
/** After this many new legs in a row without sound we say so; the operator may still wait. */
const patientReopens = 5;
const reopenAfterMs = [0, 500, 1500, 3000, 5000] as const;

export function createMedia(line: Line): Media {
  const [state, setState] = createSignal<MediaState>('idle');
  const [remote, setRemote] = createSignal<MediaStream | null>(null);
  const legs = new Map<NodeId, Promise<DeskLeg>>();
  let iceServers: RTCIceServer[] = [];
  // What is wanted now; a leg that is made anew is brought to exactly this.
  let wanted: { nodeId: NodeId; track: MediaStreamTrack | null; callId: CallId | null } | undefined;
  let reopens = 0;
  let before: MediaCounters | undefined;

  const onLegState = (nodeId: NodeId, legState: LegState): void => {
    if (legState === 'lost') {
      drop(nodeId);
      if (wanted?.nodeId === nodeId) reopen();
      else setTimeout(() => warm(nodeId), rewarmAfterMs);
      return;
    }
    if (wanted?.nodeId !== nodeId) return;
    if (legState === 'connected') reopens = 0;
    setState(legState);
  };

  const legTo = (nodeId: NodeId): Promise<DeskLeg> => {
    const known = legs.get(nodeId);
    if (known) return known;
    // mediasoup-client comes as a chunk of its own, after the first screen.
    const opening = import('./desk-leg.ts').then(({ DeskLeg }) =>
      DeskLeg.open(line, nodeId, iceServers, (legState) => onLegState(nodeId, legState)),
    );
    legs.set(nodeId, opening);
    opening.catch(() => {
      if (legs.get(nodeId) === opening) legs.delete(nodeId);
    });
    return opening;
  };

  const drop = (nodeId: NodeId): void => {
    const leg = legs.get(nodeId);
    legs.delete(nodeId);
    leg?.then((made) => made.close()).catch(() => undefined);
  };

  const showStateOf = (leg: DeskLeg): void => {
    if (wanted?.nodeId === leg.nodeId) setState(leg.state === 'lost' ? 'reconnecting' : leg.state);
  };

  /** Everything that is wanted, on a leg that may be new. */
  const bring = async (nodeId: NodeId): Promise<void> => {
    const leg = await legTo(nodeId);
    if (wanted?.nodeId !== nodeId) return;
    showStateOf(leg);
    const { track, callId } = wanted;
    await Promise.all([track ? leg.speak(track) : undefined, callId ? play(leg, callId) : undefined]);
  };

  const play = async (leg: DeskLeg, callId: CallId): Promise<void> => {
    const track = await leg.hear(callId);
    if (wanted?.callId !== callId) {
      leg.stopHearing();
      return;
    }
    if (remote()?.getAudioTracks()[0] !== track) setRemote(new MediaStream([track]));
  };

  const reopen = (): void => {
    if (!wanted) return;
    const { nodeId } = wanted;
    setState(reopens >= patientReopens ? 'failed' : 'reconnecting');
    const delay = reopenAfterMs[Math.min(reopens, reopenAfterMs.length - 1)] ?? 5000;
    reopens += 1;
    setTimeout(() => {
      if (wanted?.nodeId !== nodeId) return;
      bring(nodeId).catch(() => {
        drop(nodeId);
        reopen();
      });
    }, delay);
  };

  const want = (nodeId: NodeId): NonNullable<typeof wanted> => {
    if (wanted?.nodeId !== nodeId) {
      wanted = { nodeId, track: wanted?.track ?? null, callId: null };
      before = undefined;
      reopens = 0;
      setState('connecting');
    }
    return wanted;
  };

  const warm = (nodeId: NodeId): void => {
    legTo(nodeId)
      .then((leg) => leg.warm())
      .catch(() => {
        if (wanted?.nodeId !== nodeId) drop(nodeId);
      });
  };

  return {
    state,
    remote,
    setIceServers: (servers) => {
      iceServers = [...servers];
    },
    warm,
    speak: (nodeId, track) => {
      want(nodeId).track = track;
      legTo(nodeId)
        .then((leg) => {
          showStateOf(leg);
          return leg.speak(track);
        })
        .catch(() => {
          drop(nodeId);
          if (wanted?.nodeId === nodeId) reopen();
        });
    },
    hear: async (nodeId, callId) => {
      want(nodeId).callId = callId;
      const leg = await legTo(nodeId);
      showStateOf(leg);
      await play(leg, callId);
    },
    repair: () => {
      if (!wanted) return;
      drop(wanted.nodeId);
      reopen();
    },
    rest: () => {
      const last = wanted;
      wanted = undefined;
      setRemote(null);
      setState('idle');
      if (!last) return;
      legs
        .get(last.nodeId)
        ?.then((leg) => {
          leg.stopHearing();
          return leg.speak(null);
        })
        .catch(() => drop(last.nodeId));
      if (last.callId) {
        // The call's end closes it on the node as well; this is for a call that goes on without us.
        line.ask('media:stop-listening', { nodeId: last.nodeId, callId: last.callId }).catch(() => undefined);
      }
    },
    sample: async () => {
      const leg = wanted && (await legs.get(wanted.nodeId)?.catch(() => undefined));
      if (!leg) return undefined;
      const now = await leg.counters();
      const sample = sampleOf(before, now);
      before = now;
      return sample;
    },
    close: () => {
      wanted = undefined;
      for (const nodeId of legs.keys()) drop(nodeId);
    },
  };
}
