import { z } from 'zod';

/**
 * The parts of Meta's webhook items that we read. Loose on purpose: Meta adds fields at any time,
 * types numbers as strings, and leaves out phone numbers of those who adopted a user name.
 */
const text = z.string().min(1).nullish().catch(null);
const digits = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null);
const word = z
  .string()
  .transform((value) => value.toLowerCase())
  .nullish()
  .catch(null);

/** Seconds since the epoch as a number or a string of digits; here milliseconds. */
const time = z
  .union([z.number(), z.string().regex(/^\d{1,16}$/)])
  .transform(Number)
  .transform((value) => (value > 100_000_000_000 ? value : value * 1000))
  .nullish()
  .catch(null);

const ErrorEntry = z.looseObject({
  code: z.union([
    z.number().int(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ]),
  title: text,
  message: text,
  error_data: z.looseObject({ details: text }).nullish().catch(null),
});
export type ErrorEntry = z.infer<typeof ErrorEntry>;
const errors = z.array(ErrorEntry.nullable().catch(null)).nullish().catch(null);

const session = z.looseObject({ sdp: text, sdp_type: word }).nullish().catch(null);

export const Metadata = z.looseObject({ phone_number_id: digits, display_phone_number: digits });

export const Contact = z.looseObject({
  wa_id: digits,
  user_id: text,
  profile: z.looseObject({ name: text, username: text }).nullish().catch(null),
});

export const Call = z.looseObject({
  id: z.string().min(1),
  event: word,
  direction: word,
  timestamp: time,
  from: digits,
  to: digits,
  from_user_id: text,
  to_user_id: text,
  session,
  status: word,
  start_time: time,
  end_time: time,
  // Not coerced: null would become 0, and a call with a duration is one that was picked up.
  duration: z
    .union([
      z.number().min(0).transform(Math.round),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number),
    ])
    .nullish()
    .catch(null),
  biz_opaque_callback_data: text,
  errors,
});

export const Status = z.looseObject({
  id: z.string().min(1),
  status: word,
  timestamp: time,
  biz_opaque_callback_data: text,
  errors,
});

const titled = z.looseObject({ title: text }).nullish().catch(null);
const captioned = z.looseObject({ caption: text }).nullish().catch(null);

export const Message = z.looseObject({
  id: z.string().min(1),
  type: word,
  timestamp: time,
  from: digits,
  from_user_id: text,
  context: z.looseObject({ id: text }).nullish().catch(null),
  text: z.looseObject({ body: text }).nullish().catch(null),
  button: z.looseObject({ text }).nullish().catch(null),
  reaction: z.looseObject({ emoji: text }).nullish().catch(null),
  system: z.looseObject({ body: text }).nullish().catch(null),
  image: captioned,
  video: captioned,
  document: captioned,
  interactive: z
    .looseObject({
      type: word,
      button_reply: titled,
      list_reply: titled,
      call_permission_reply: z
        .looseObject({
          response: word,
          is_permanent: z.boolean().nullish().catch(null),
          expiration_timestamp: time,
          response_source: word,
        })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});

export const Item = z.looseObject({
  kind: z.string(),
  receivedAt: z.number().catch(0),
  metadata: Metadata.nullish().catch(null),
  contact: Contact.nullish().catch(null),
  errors,
  item: z.unknown(),
});
export type Item = z.infer<typeof Item>;
