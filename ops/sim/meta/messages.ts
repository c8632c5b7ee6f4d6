import { createHash, randomInt } from 'node:crypto';
import { z } from 'zod';
import { opusHead } from '../audio/ogg.ts';
import type { Chat, ChatEntry } from './chat.ts';
import type { SimClock } from './clock.ts';
import { newMessageId, type Business, type CustomerCard } from './directory.ts';
import { GraphError } from './graph/errors.ts';
import { messageStatusWebhook, wireErrorOf } from './payloads.ts';
import type { PermissionBook } from './permissions.ts';
import type { Webhooks } from './webhooks.ts';

const Message = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('text'),
    text: z.looseObject({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() }),
  }),
  z.looseObject({
    type: z.literal('audio'),
    audio: z.looseObject({ id: z.string().optional(), link: z.url().optional(), voice: z.boolean().optional() }),
  }),
  z.looseObject({
    type: z.literal('interactive'),
    interactive: z.looseObject({
      type: z.literal('call_permission_request'),
      action: z.strictObject({ name: z.literal('call_permission_request') }),
      body: z.strictObject({ text: z.string().min(1).max(1024) }).optional(),
    }),
  }),
]);
const Envelope = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.literal('individual').optional(),
  to: z.string().optional(),
  recipient: z.string().optional(),
});

export type Media = { id: string; business: string; type: string; bytes: Buffer; sha256: string; voicemail: boolean };

export type MessagesDeps = {
  clock: SimClock;
  chat: Chat;
  permissions: PermissionBook;
  webhooks: Webhooks;
  /** By number or BSUID; undefined: not on WhatsApp. */
  find: (to: string | undefined, recipient: string | undefined) => CustomerCard | undefined;
  /** Free-form outside of the window: refused at once as the table of codes says, or taken and failed by a webhook. */
  closedWindow: 'refuse' | 'fail-later';
};

const audioTypes = ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr'];
const maxAudioBytes = 16 * 1024 * 1024;

/** Messages of the business to customers, and the media that they carry. */
export class Messages {
  readonly #deps: MessagesDeps;
  readonly #media = new Map<string, Media>();

  constructor(deps: MessagesDeps) {
    this.#deps = deps;
  }

  media(id: string): Media | undefined {
    return this.#media.get(id);
  }

  /** POST /{number}/media. @returns the id. */
  upload(business: Business, file: { type: string; bytes: Buffer; voicemail: boolean }): string {
    const type = file.type.split(';')[0]!.trim().toLowerCase();
    if (!audioTypes.includes(type)) {
      throw new GraphError(100, `Param file must be a file with one of the following types: ${audioTypes.join(', ')}.`);
    }
    if (file.bytes.length === 0) throw new GraphError(131053, 'The uploaded file is empty.');
    if (file.bytes.length > maxAudioBytes) throw new GraphError(131053, 'The uploaded audio is larger than 16 MB.');
    const id = String(randomInt(1e14, 2.8e14));
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    this.#media.set(id, { ...file, type, id, sha256, business: business.phoneNumberId });
    return id;
  }

  /** POST /{number}/messages. @returns the answer's body. */
  send(business: Business, body: unknown): Record<string, unknown> {
    const envelope = Envelope.safeParse(body);
    if (!envelope.success) throw invalid(envelope.error);
    const { to, recipient } = envelope.data;
    if (to === undefined && recipient === undefined) throw new GraphError(131008, 'The parameter to is required.');
    const message = Message.safeParse(body);
    if (!message.success) throw invalid(message.error);
    const digits = to?.replaceAll(/\D/g, '');
    const customer = this.#deps.find(digits, recipient);
    const id = newMessageId();
    const answer = {
      messaging_product: 'whatsapp',
      contacts: [{ input: to ?? recipient, wa_id: customer?.waId ?? digits ?? recipient }],
      messages: [{ id }],
    };
    // Graph takes a message to somebody who is not there, and tells later.
    if (!customer?.callable) {
      const nobody: CustomerCard = {
        waId: digits ?? '',
        userId: recipient ?? '',
        name: '',
        username: undefined,
        callable: false,
        hidesNumber: false,
      };
      this.#failLater(business, customer ?? nobody, id, 131026);
      return answer;
    }
    this.#deliver(business, customer, { id, message: message.data });
    return answer;
  }

  #deliver(
    business: Business,
    customer: CustomerCard,
    { id, message }: { id: string; message: z.infer<typeof Message> },
  ): void {
    const { permissions } = this.#deps;
    const { phoneNumberId } = business;
    if (message.type === 'interactive') {
      if (business.settings.status !== 'ENABLED') throw new GraphError(138000, 'Calling is not enabled.');
      if (business.restricted) throw new GraphError(138014, 'Calling is disabled for this number: low quality.');
      permissions.request(phoneNumberId, customer.waId);
    } else if (!permissions.isWindowOpen(phoneNumberId, customer.waId)) {
      if (this.#deps.closedWindow === 'refuse') {
        throw new GraphError(131047, 'More than 24 hours have passed since the recipient last replied to this number.');
      }
      this.#failLater(business, customer, id, 131047);
      return;
    }
    const content = this.#contentOf(business, message);
    const { chat, clock, webhooks } = this.#deps;
    chat.add({ id, phoneNumberId, waId: customer.waId, from: 'business', at: clock.now(), content });
    for (const status of ['sent', 'delivered']) {
      webhooks.post(messageStatusWebhook(business, customer, { id, status, seconds: clock.seconds() }));
    }
  }

  #contentOf(business: Business, message: z.infer<typeof Message>): ChatEntry['content'] {
    switch (message.type) {
      case 'text':
        return { kind: 'text', text: message.text.body };
      case 'interactive':
        return { kind: 'permission-request', text: message.interactive.body?.text ?? null, answer: null };
      case 'audio': {
        const { id, link, voice = false } = message.audio;
        if ((id === undefined) === (link === undefined)) throw new GraphError(100, 'audio needs either id or link.');
        if (link !== undefined) return { kind: 'audio', mediaId: link, voice };
        const media = this.#media.get(id!);
        if (media?.business !== business.phoneNumberId) throw new GraphError(100, `There is no media ${id}.`);
        if (media.voicemail) throw new GraphError(100, 'A voicemail announcement cannot be sent as a message.');
        if (voice && (media.type !== 'audio/ogg' || opusHead(media.bytes)?.channels !== 1)) {
          throw new GraphError(131053, 'A voice message must be Ogg with Opus, mono.');
        }
        return { kind: 'audio', mediaId: media.id, voice };
      }
      default:
        throw new GraphError(100, 'Invalid parameter: type.');
    }
  }

  #failLater(business: Business, customer: CustomerCard, id: string, code: 131026 | 131047): void {
    const error = wireErrorOf(code);
    const seconds = this.#deps.clock.seconds();
    this.#deps.webhooks.post(messageStatusWebhook(business, customer, { id, status: 'failed', seconds, error }));
  }
}

const invalid = (error: z.ZodError): GraphError => {
  const [issue] = error.issues;
  return new GraphError(100, `Invalid parameter: ${issue?.path.join('.')} (${issue?.message}).`);
};
