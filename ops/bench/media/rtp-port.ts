import { createWorker } from 'mediasoup';
import { setTimeout as pause } from 'node:timers/promises';
import { bareOpusReceiver, bareOpusStream, createSsrc, opus } from '../../../media/sfu/codecs.ts';
import { RtpPort } from '../../../media/sfu/rtp-port.ts';
import { cpuMs } from './cpu.ts';

/**
 * Two ways for RTP between Node and a worker, held against each other: one PlainTransport for all calls over loopback UDP
 * (media/sfu/rtp-port.ts), and mediasoup's DirectTransport. Each stream goes into the router and comes back out of it,
 * 50 packets a second.
 *
 *     node ops/bench/media/rtp-port.ts [streams = 40] [seconds = 5]
 */
const streams = Number(process.argv[2] ?? 40);
const seconds = Number(process.argv[3] ?? 5);
const bin = process.env['MEDIASOUP_WORKER_BIN'];
const worker = await createWorker(bin === undefined ? {} : { workerBin: bin });
const router = await worker.createRouter({ mediaCodecs: [opus] });

type Sender = (packet: Buffer) => void;
type Way = (ssrc: number, take: (packet: Buffer) => void) => Promise<Sender>;

const port = await RtpPort.open(router, { min: 45_000, max: 45_499 });
const plain: Way = async (ssrc, take) => {
  const out = await port.produce(ssrc);
  await port.consume(out.producer.id, take);
  return (packet) => out.send(packet);
};
const direct: Way = async (ssrc, take) => {
  const transport = await router.createDirectTransport();
  const producer = await transport.produce({ kind: 'audio', rtpParameters: bareOpusStream(ssrc) });
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities: bareOpusReceiver });
  consumer.on('rtp', take);
  return (packet) => producer.send(packet);
};

for (let round = 0; round < 3; round += 1) {
  for (const [name, way] of Object.entries({ plain, direct })) await measure(name, way);
}
worker.close();
port.close();

async function measure(name: string, way: Way): Promise<void> {
  const delays: number[] = [];
  const beats: NodeJS.Timeout[] = [];
  let sent = 0;
  for (let i = 0; i < streams; i += 1) {
    const ssrc = createSsrc();
    let n = 0;
    const send = await way(ssrc, (packet) => delays.push(performance.now() - packet.readDoubleBE(packet.length - 8)));
    const talk = (): void => {
      const packet = Buffer.alloc(72);
      packet[0] = 0x80;
      packet[1] = 111;
      n += 1;
      packet.writeUInt16BE(n, 2);
      packet.writeUInt32BE(n * 960, 4);
      packet.writeUInt32BE(ssrc, 8);
      packet.writeDoubleBE(performance.now(), 64);
      send(packet);
      sent += 1;
    };
    setTimeout(() => beats.push(setInterval(talk, 20)), (i * 20) / streams);
  }
  await pause(500);
  delays.length = 0;
  sent = 0;
  const before = [process.pid, worker.pid].map(cpuMs);
  await pause(seconds * 1000);
  const spent = [process.pid, worker.pid].map((pid, i) => cpuMs(pid) - (before[i] ?? 0));
  for (const beat of beats) clearInterval(beat);
  const share = (ms = 0): string => ((ms / (seconds * 1000) / streams) * 100).toFixed(3);
  const p = (at: number): string => (delays.toSorted((a, b) => a - b)[Math.floor(delays.length * at)] ?? 0).toFixed(2);
  process.stdout.write(
    `${name.padEnd(7)} node ${share(spent[0])} %, worker ${share(spent[1])} % of a core a stream; ` +
      `round trip p50 ${p(0.5)} p99 ${p(0.99)} ms; ${delays.length} of ${sent} packets\n`,
  );
  await pause(300);
}
