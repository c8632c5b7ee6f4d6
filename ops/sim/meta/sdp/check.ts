import { parse } from 'sdp-transform';
import { GraphError } from '../graph/errors.ts';

/** Lawful, yet nothing that works well with the real Meta. */
export type SdpWarning = 'ice-lite-client' | 'mid-not-mirrored' | 'not-sendrecv';

/** What the relay needs of a business's description. */
export type BusinessSdp = {
  text: string;
  ufrag: string;
  password: string;
  /** sha-256, upper-case hexadecimal with colons. */
  fingerprint: string;
  setup: 'actpass' | 'active' | 'passive';
  mid: string | undefined;
  bundled: boolean;
  payloadType: number;
  /** Of telephone-event/8000, if the description has it. */
  eventPayloadType: number | undefined;
  ssrc: number | undefined;
  /** Shown in the call's flags. */
  warnings: SdpWarning[];
};

const refuse = (details: string): never => {
  throw new GraphError(100, details);
};

/**
 * The rules for `session` in POST /calls. What Meta is known to take passes: no candidates or private
 * ones, no payload type 126, no fmtp, no ptime, `SHA-256` in capitals.
 * @throws GraphError 100, or 138008 for several fingerprints.
 */
export function checkSession(session: unknown, expected: 'offer' | 'answer'): BusinessSdp {
  const { sdp_type: type, sdp } = (session ?? {}) as { sdp_type?: unknown; sdp?: unknown };
  if (session === undefined || session === null) return refuse('The parameter session is required.');
  if (type !== expected) return refuse(`session.sdp_type must be "${expected}".`);
  if (typeof sdp !== 'string' || sdp === '') return refuse('session.sdp must be a non-empty string.');
  if (sdp.trimStart().startsWith('{')) return refuse('session.sdp is serialised twice: it must be the SDP itself.');
  if (/(^|[^\r])\n/.test(sdp)) return refuse('SDP validation error: lines must end with CRLF.');
  if (!sdp.startsWith('v=0\r\n') || !sdp.endsWith('\r\n')) return refuse('SDP validation error: malformed SDP.');
  return checkSdp(sdp, expected);
}

function checkSdp(text: string, expected: 'offer' | 'answer'): BusinessSdp {
  const sdp = parse(text);
  const [media] = sdp.media;
  if (sdp.media.length !== 1 || !media) return refuse('SDP validation error: exactly one media section is allowed.');
  if (media.type !== 'audio') return refuse('SDP validation error: only audio is supported.');
  if (media.protocol !== 'UDP/TLS/RTP/SAVPF') {
    return refuse(`SDP validation error: ${media.protocol} is not supported, use UDP/TLS/RTP/SAVPF.`);
  }
  const opus = media.rtp.find((map) => map.codec.toLowerCase() === 'opus' && map.rate === 48_000);
  if (!opus) return refuse('SDP validation error: no opus/48000 codec found.');
  if (expected === 'answer' && opus.payload !== 111) {
    return refuse('SDP validation error: the answer changes the payload type of the offer.');
  }
  if (media.ptime !== undefined && media.ptime !== 20) return refuse('SDP validation error: ptime must be 20.');
  const ufrag = valueOf(text, 'ice-ufrag');
  const password = valueOf(text, 'ice-pwd');
  if (!ufrag || !password) return refuse('SDP validation error: no ice-ufrag or ice-pwd found.');
  if (media.rtcpMux !== 'rtcp-mux') return refuse('SDP validation error: rtcp-mux is required.');
  const ssrcs = [...new Set((media.ssrcs ?? []).map((line) => line.id))];
  if (ssrcs.length > 1) return refuse('SDP validation error: more than one SSRC.');
  const events = media.rtp.find((map) => map.codec.toLowerCase() === 'telephone-event' && map.rate === 8000);
  const mid = valueOf(text, 'mid');
  return {
    text,
    ufrag,
    password,
    fingerprint: fingerprintOf(text),
    setup: setupOf(media.setup ?? sdp.setup, expected),
    mid,
    bundled: sdp.groups?.some((group) => group.type === 'BUNDLE') ?? false,
    payloadType: opus.payload,
    eventPayloadType: events?.payload,
    ssrc: ssrcs[0],
    warnings: warningsOf(text, mid, expected, media.direction),
  };
}

/** Read here, since the parser makes a number of a fragment like `9562`. */
const valueOf = (text: string, attribute: string): string | undefined =>
  new RegExp(`^a=${attribute}:(\\S+)\r$`, 'm').exec(text)?.[1];

function fingerprintOf(text: string): string {
  const prints = [...text.matchAll(/^a=fingerprint:(\S+) (\S+)\r$/gm)];
  const [first] = prints;
  if (!first) return refuse('SDP validation error: No fingerprint found in SDP.');
  if (prints.length > 1) throw new GraphError(138008, 'SDP validation error: more than one fingerprint found in SDP.');
  if (first[1]!.toLowerCase() !== 'sha-256') return refuse('SDP validation error: Fingerprint algo is not SHA256.');
  if (!/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(first[2]!)) {
    return refuse('SDP validation error: malformed fingerprint.');
  }
  return first[2]!.toUpperCase();
}

function setupOf(setup: string | undefined, expected: 'offer' | 'answer'): BusinessSdp['setup'] {
  if (setup === 'active' || setup === 'passive') return setup;
  if (setup === 'actpass') {
    if (expected === 'answer') return refuse('SDP validation error: setup must be active or passive in an answer.');
    return setup;
  }
  return refuse('SDP validation error: no setup attribute found.');
}

function warningsOf(
  text: string,
  mid: string | undefined,
  expected: 'offer' | 'answer',
  direction: string | undefined,
): SdpWarning[] {
  const warnings: SdpWarning[] = [];
  // Two lite ends never send a check: with the real Meta such a call stays silent.
  if (/^a=ice-lite\r$/m.test(text)) warnings.push('ice-lite-client');
  if (expected === 'answer' && mid !== 'audio') warnings.push('mid-not-mirrored');
  if (direction !== undefined && direction !== 'sendrecv') warnings.push('not-sendrecv');
  return warnings;
}
