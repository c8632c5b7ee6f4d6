import { Device, types } from 'mediasoup-client';
import type { TransportOptions } from '../../line/box.ts';
import { pageId, type Line } from './line.ts';

type Opened = { rtpCapabilities: types.RtpCapabilities; send: TransportOptions; receive: TransportOptions };

/** Microphone and loudspeaker of one call. */
export type Handset = {
  /** False: the microphone was refused, or there is none; the business hears silence. */
  speaks: boolean;
  mute: (on: boolean) => void;
  /** How loud the business is now, 0..1. */
  level: () => number;
  close: () => void;
};

/** Connects this page to the call of its phone. */
export async function openHandset(line: Line): Promise<Handset> {
  const microphone = await navigator.mediaDevices
    .getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    // Refused or missing: one may still listen.
    .catch(() => undefined);
  const opened = await line.ask<Opened>('audio-open', { page: pageId });
  const device = await Device.factory();
  await device.load({ routerRtpCapabilities: opened.rtpCapabilities });
  const send = device.createSendTransport(opened.send);
  const receive = device.createRecvTransport(opened.receive);
  for (const [side, transport] of [
    ['send', send],
    ['receive', receive],
  ] as const) {
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      void settle(line.ask('audio-connect', { page: pageId, side, dtlsParameters }), () => done(), failed);
    });
  }
  send.on('produce', ({ rtpParameters }, done, failed) => {
    void settle(line.ask<{ id: string }>('audio-speak', { page: pageId, rtpParameters }), done, failed);
  });
  const [track] = microphone?.getAudioTracks() ?? [];
  const [producer, speaker] = await Promise.all([
    // Discontinuous sending would look like a hole to whoever measures the call.
    track && send.produce({ track, codecOptions: { opusDtx: false, opusFec: true } }),
    listen(line, device, receive),
  ]);
  return {
    speaks: producer !== undefined,
    mute: (on) => (on ? producer?.pause() : producer?.resume()),
    level: speaker.level,
    close: () => {
      speaker.close();
      send.close();
      receive.close();
      track?.stop();
    },
  };
}

/** mediasoup-client wants to be called back. */
async function settle<T>(work: Promise<T>, done: (value: T) => void, failed: (error: Error) => void): Promise<void> {
  let value: T;
  try {
    value = await work;
  } catch (error) {
    failed(error as Error);
    return;
  }
  done(value);
}

async function listen(
  line: Line,
  device: Device,
  receive: types.Transport,
): Promise<{ level: () => number; close: () => void }> {
  const answer = await line.ask<{ id: string; producerId: string; rtpParameters: types.RtpParameters }>(
    'audio-listen',
    { page: pageId, rtpCapabilities: device.recvRtpCapabilities },
  );
  const consumer = await receive.consume({ ...answer, kind: 'audio' });
  const stream = new MediaStream([consumer.track]);
  const loudspeaker = new Audio();
  loudspeaker.srcObject = stream;
  // A page that was loaded again may not play before it is touched.
  await loudspeaker.play().catch(() => {
    document.addEventListener('pointerdown', () => void loudspeaker.play(), { once: true });
  });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      return Math.min(1, Math.sqrt(power) * 5);
    },
    close: () => {
      loudspeaker.srcObject = null;
      void context.close();
    },
  };
}
