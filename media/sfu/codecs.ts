import type { RouterRtpCodecCapability, RtpCapabilities, RtpCodecParameters, RtpParameters } from 'mediasoup/types';
import { opusPayloadType } from '../leg/sdp.ts';

// What Meta asks of an Opus encoder (its a=fmtp): 16 kHz speech at 20 kbit/s, in-band FEC. Desks get it from the
// router's capabilities, since their packets pass to Meta as they are.
const opusParameters = { minptime: 10, useinbandfec: 1, maxaveragebitrate: 20_000, maxplaybackrate: 16_000 };

/** The one codec of every router. Stereo in name only: RFC 7587 §7 fixes `opus/48000/2`. */
export const opus: RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  preferredPayloadType: opusPayloadType,
  parameters: opusParameters,
};

/** A receiver that takes Opus without header extensions and without feedback: Meta's relay, and Node. */
export const bareOpusReceiver: RtpCapabilities = {
  codecs: [{ ...opus, kind: 'audio', preferredPayloadType: opusPayloadType, rtcpFeedback: [] }],
  headerExtensions: [],
};

const opusCodec: RtpCodecParameters = {
  mimeType: 'audio/opus',
  payloadType: opusPayloadType,
  clockRate: 48_000,
  channels: 2,
  parameters: opusParameters,
  rtcpFeedback: [],
};

/** One bare Opus stream, as Meta sends it and as the switch makes it. */
export function bareOpusStream(ssrc: number, cname?: string): RtpParameters {
  return {
    codecs: [opusCodec],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: cname === undefined ? {} : { cname },
  };
}

/** A random SSRC (RFC 3550 §8.1) that is not 0. */
export const createSsrc = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) || 1;
