import { isIP } from 'node:net';
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { Fault } from '../../control/contract/fault.ts';

/** Opus at Meta is always this payload type, and a mediasoup router maps to one type only. */
export const opusPayloadType = 111;

/** Roles of `a=setup` (RFC 4145 §4) as they matter to us: who sends the DTLS ClientHello. */
export type RemoteDtlsRole = 'client' | 'server' | 'either';

export type RemoteCandidate = {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly type: string;
};

/** What Meta's description says, as far as a leg needs it. */
export type RemoteDescription = {
  readonly mid: string | undefined;
  readonly ice: {
    readonly lite: boolean;
    readonly ufrag: string;
    readonly pwd: string;
    readonly candidates: readonly RemoteCandidate[];
  };
  /** Upper-case hex pairs with colons, as mediasoup compares them. */
  readonly fingerprint: string;
  readonly dtlsRole: RemoteDtlsRole;
  /** Undefined when the description names none: the first packet will tell. */
  readonly ssrc: number | undefined;
  readonly cname: string | undefined;
};

/** What we announce. */
export type LocalDescription = {
  readonly sessionId: string;
  readonly mid: string | undefined;
  readonly ufrag: string;
  readonly pwd: string;
  /** RFC 8839 candidate attributes without `a=candidate:`; the first is the default of `m=` and `c=`. */
  readonly candidates: readonly { readonly line: string; readonly address: string; readonly port: number }[];
  readonly fingerprint: string;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly ssrc: number;
  readonly cname: string;
};

const bad = (reason: string): Fault =>
  new Fault('media/bad-sdp', `The call's session description cannot be used: ${reason}`);

/**
 * Reads Meta's offer or answer (RFC 8866, 8839, 8842). Tolerant where Meta or its relatives are loose:
 * LF line ends, ICE passwords with `=`, attributes at session level, several fingerprints,
 * an upper-case algorithm, `actpass` in an answer.
 * @throws Fault `media/bad-sdp` with the reason as a sentence.
 */
export function parseRemote(sdp: string, kind: 'offer' | 'answer'): RemoteDescription {
  const session = read(sdp);
  const media = theAudio(session);
  checkProtocol(media);
  checkOpus(media);
  const ufrag = media.iceUfrag ?? session.iceUfrag;
  const pwd = media.icePwd ?? session.icePwd;
  if (ufrag === undefined || pwd === undefined) throw bad('it has no ICE credentials (a=ice-ufrag, a=ice-pwd).');
  const ssrcLine = media.ssrcs?.find((line) => line.attribute === 'cname') ?? media.ssrcs?.[0];
  return {
    mid: media.mid === undefined ? undefined : text(media.mid),
    ice: {
      lite: session.icelite !== undefined,
      ufrag: text(ufrag),
      pwd: text(pwd),
      candidates: candidatesOf(session, media),
    },
    fingerprint: fingerprintOf(sdp),
    dtlsRole: roleOf(media.setup ?? session.setup, kind),
    ssrc: ssrcLine === undefined ? undefined : ssrcLine.id,
    cname: ssrcLine?.attribute === 'cname' ? ssrcLine.value : undefined,
  };
}

// sdp-transform makes a number of what looks like one, whatever its types say: `a=mid:0` is 0.
const text = (value: unknown): string => String(value);

function read(sdp: string): SessionDescription {
  if (!/^v=0\r?$/m.test(sdp)) throw bad('it is not a session description (no line v=0).');
  try {
    return parse(sdp);
  } catch (error) {
    throw new Fault('media/bad-sdp', 'The call’s session description cannot be read.', { cause: error });
  }
}

function theAudio(session: SessionDescription): MediaDescription {
  const used = session.media.filter((media) => media.port !== 0);
  if (session.media.length === 0) throw bad('it has no media section.');
  if (used.length === 0) throw bad('every media section is refused (port 0).');
  if (used.length > 1) throw bad(`it has ${used.length} media sections where one is expected.`);
  const [media] = used;
  if (media?.type !== 'audio') throw bad(`its only media section is ${String(media?.type)}, not audio.`);
  return media;
}

function checkProtocol(media: MediaDescription): void {
  if (media.protocol.includes('TLS')) return;
  if (media.crypto && media.crypto.length > 0) {
    throw bad('it is encrypted with SDES keys; set the number to DTLS (srtp_key_exchange_protocol) at Meta.');
  }
  throw bad(`its transport is ${media.protocol}, where DTLS-SRTP is needed.`);
}

function checkOpus(media: MediaDescription): void {
  const opus = media.rtp.filter((codec) => codec.codec.toLowerCase() === 'opus' && codec.rate === 48_000);
  if (opus.length === 0) throw bad('it has no Opus at 48000 Hz.');
  if (!opus.some((codec) => codec.payload === opusPayloadType)) {
    throw bad(`its Opus is payload type ${String(opus[0]?.payload)}, where ${opusPayloadType} is expected.`);
  }
}

function candidatesOf(session: SessionDescription, media: MediaDescription): RemoteCandidate[] {
  const found = (media.candidates ?? [])
    .filter((c) => String(c.component) === '1' && c.transport.toLowerCase() === 'udp' && isIP(c.ip) !== 0 && c.port > 0)
    .map((c) => ({
      foundation: text(c.foundation),
      priority: c.priority,
      address: c.ip,
      port: c.port,
      type: c.type,
    }));
  if (found.length > 0) return found;
  // A lite agent without candidates still says where it is in m= and c= (RFC 8839 §4.2.1.1).
  const address = (media.connection ?? session.connection)?.ip ?? '';
  const nowhere = isIP(address) === 0 || address === '0.0.0.0' || address === '::' || media.port === 9;
  if (nowhere) throw bad('it has no UDP candidate with an IP address.');
  return [{ foundation: '1', priority: 2_130_706_431, address, port: media.port, type: 'host' }];
}

// Read from the text: sdp-transform keeps only the last of several fingerprints.
function fingerprintOf(sdp: string): string {
  const lines = [...sdp.matchAll(/^a=fingerprint:\s*(\S+)[ \t]+(\S+)/gm)];
  if (lines.length === 0) throw bad('it has no DTLS fingerprint (a=fingerprint).');
  const sha256 = lines.find(([, algorithm]) => algorithm?.toLowerCase() === 'sha-256')?.[2];
  if (sha256 === undefined) throw bad('none of its DTLS fingerprints is sha-256.');
  if (!/^(?:[\da-f]{2}:){31}[\da-f]{2}$/i.test(sha256)) throw bad('its sha-256 fingerprint is not 32 bytes.');
  return sha256.toUpperCase();
}

function roleOf(setup: string | undefined, kind: 'offer' | 'answer'): RemoteDtlsRole {
  if (setup === 'active') return 'client';
  if (setup === 'passive') return 'server';
  if (setup === 'holdconn') throw bad('it holds the connection back (a=setup:holdconn).');
  // actpass is illegal in an answer, yet seen; the far end then waits for our ClientHello.
  return kind === 'offer' ? 'either' : 'server';
}

/** Our offer or answer: one audio section, CRLF, one fingerprint, one SSRC; never `a=ice-lite`. */
export function writeLocal(local: LocalDescription): string {
  const [first] = local.candidates;
  const address = first?.address ?? '0.0.0.0';
  const version = isIP(address) === 6 ? 'IP6' : 'IP4';
  const mid = local.mid;
  const lines = [
    'v=0',
    `o=- ${local.sessionId} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(mid === undefined ? [] : [`a=group:BUNDLE ${mid}`]),
    `m=audio ${first?.port ?? 9} UDP/TLS/RTP/SAVPF ${opusPayloadType}`,
    `c=IN ${version} ${address}`,
    ...local.candidates.map((candidate) => `a=candidate:${candidate.line}`),
    'a=end-of-candidates',
    `a=ice-ufrag:${local.ufrag}`,
    `a=ice-pwd:${local.pwd}`,
    `a=fingerprint:sha-256 ${local.fingerprint}`,
    `a=setup:${local.setup}`,
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    'a=sendrecv',
    'a=rtcp-mux',
    `a=rtpmap:${opusPayloadType} opus/48000/2`,
    `a=fmtp:${opusPayloadType} minptime=20;useinbandfec=1`,
    'a=ptime:20',
    'a=maxptime:20',
    `a=ssrc:${local.ssrc} cname:${local.cname}`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
