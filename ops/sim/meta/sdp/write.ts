import { randomInt, randomUUID } from 'node:crypto';
import type { BusinessSdp } from './check.ts';

/** What a description of the relay tells about itself. */
export type RelayEnd = {
  address: string;
  address6: string | undefined;
  port: number;
  ufrag: string;
  password: string;
  fingerprint: string;
  ssrc: number;
};

const join = (lines: readonly (string | undefined)[]): string =>
  `${lines.filter((line) => line !== undefined).join('\r\n')}\r\n`;

type Shape = {
  at: number;
  mid: string | undefined;
  bundled: boolean;
  opus: number;
  events: number | undefined;
  setup: 'actpass' | 'active' | 'passive';
};

/**
 * The offer of a user-initiated call: line by line the shape of the offers captured in 2025 and 2026.
 * @param at the call's moment, milliseconds; also the session id, as at Meta.
 */
export const writeOffer = (end: RelayEnd, at: number): string =>
  write(end, { at, mid: 'audio', bundled: true, opus: 111, events: 126, setup: 'actpass' });

/** The answer of a business-initiated call: same shape, the offer's payload types and mid. */
export const writeAnswer = (
  end: RelayEnd,
  offer: BusinessSdp,
  options: { at: number; setup: 'actpass' | 'active' | 'passive' },
): string =>
  write(end, {
    at: options.at,
    mid: offer.mid,
    bundled: offer.bundled,
    opus: offer.payloadType,
    // Meta goes on with 126 where the offer has no events of 8000 Hz.
    events: offer.eventPayloadType ?? 126,
    setup: options.setup,
  });

function write(end: RelayEnd, shape: Shape): string {
  const stream = randomUUID();
  const { opus, events } = shape;
  const candidate = (address: string, priority: number): string =>
    `a=candidate:${randomInt(1, 0xffff_ffff)} 1 udp ${priority} ${address} ${end.port} typ host generation 0 network-cost 50`;
  return join([
    'v=0',
    `o=- ${shape.at} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    shape.bundled && shape.mid !== undefined ? `a=group:BUNDLE ${shape.mid}` : undefined,
    `a=msid-semantic: WMS ${stream}`,
    'a=ice-lite',
    `m=audio ${end.port} UDP/TLS/RTP/SAVPF ${opus} ${events}`,
    `c=IN IP4 ${end.address}`,
    'a=rtcp:9 IN IP4 0.0.0.0',
    candidate(end.address, 2_122_260_223),
    end.address6 === undefined ? undefined : candidate(end.address6, 2_122_262_783),
    `a=ice-ufrag:${end.ufrag}`,
    `a=ice-pwd:${end.password}`,
    `a=fingerprint:sha-256 ${end.fingerprint}`,
    `a=setup:${shape.setup}`,
    shape.mid === undefined ? undefined : `a=mid:${shape.mid}`,
    'a=sendrecv',
    `a=msid:${stream} WhatsAppTrack1`,
    'a=rtcp-mux',
    `a=rtpmap:${opus} opus/48000/2`,
    `a=rtcp-fb:${opus} transport-cc`,
    `a=fmtp:${opus} maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;useinbandfec=1`,
    `a=rtpmap:${events} telephone-event/8000`,
    'a=maxptime:20',
    'a=ptime:20',
    `a=ssrc:${end.ssrc} cname:WhatsAppAudioStream1`,
  ]);
}
