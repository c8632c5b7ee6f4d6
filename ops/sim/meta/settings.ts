import { z } from 'zod';
import type { Business } from './directory.ts';
import { GraphError } from './graph/errors.ts';

const onOff = z.enum(['ENABLED', 'DISABLED']);
const clock = z.string().regex(/^([01]\d|2[0-3])[0-5]\d$/);
const weekdays = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

const CallHours = z.strictObject({
  status: onOff,
  timezone_id: z.string(),
  weekly_operating_hours: z
    .array(z.strictObject({ day_of_week: z.enum(weekdays), open_time: clock, close_time: clock }))
    .min(1),
  holiday_schedule: z
    .array(z.strictObject({ date: z.iso.date(), start_time: clock, end_time: clock }))
    .max(20)
    .optional(),
});

/** The `calling` object of the settings endpoint. */
const Calling = z.strictObject({
  status: onOff.optional(),
  call_icon_visibility: z.enum(['DEFAULT', 'DISABLE_ALL']).optional(),
  call_icons: z.strictObject({ restrict_to_user_countries: z.array(z.string().length(2)) }).optional(),
  call_hours: CallHours.optional(),
  callback_permission_status: onOff.optional(),
  srtp_key_exchange_protocol: z.enum(['DTLS', 'SDES']).optional(),
  audio: z.strictObject({ additional_codecs: z.array(z.enum(['PCMA', 'PCMU'])) }).optional(),
  voicemail: z.looseObject({ status: onOff }).optional(),
  sip: z.looseObject({ status: onOff }).optional(),
});
export type CallingSettings = z.infer<typeof Calling>;

const Body = z.looseObject({ calling: Calling });

/** Keys whose change Meta tells by the webhook `account_settings_update`. */
const told = ['status', 'call_icon_visibility', 'callback_permission_status', 'srtp_key_exchange_protocol'] as const;

/** Applies a POST to the settings. @returns what changed of the keys that a webhook tells, none when nothing did. */
export function changeSettings(business: Business, body: unknown): Partial<CallingSettings> | undefined {
  const parsed = Body.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new GraphError(100, `Invalid parameter: ${issue?.path.join('.')} (${issue?.message}).`);
  }
  const { calling } = parsed.data;
  if (calling.status === 'ENABLED' && business.messagingLimit < 2000) {
    throw new GraphError(138015, 'The messaging limit of this number is lower than 2000 unique recipients a day.');
  }
  if (calling.call_hours) checkHours(calling.call_hours);
  const before = { ...business.settings };
  Object.assign(business.settings, calling);
  const changed = told.filter((key) => calling[key] !== undefined && calling[key] !== before[key]);
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((key) => [key, calling[key]]));
}

const wrong = (details: string): never => {
  throw new GraphError(100, `Invalid parameter: call_hours (${details}).`);
};

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // A RangeError is how Intl says no.
    return false;
  }
}

function checkHours(hours: z.infer<typeof CallHours>): void {
  if (!isTimeZone(hours.timezone_id)) wrong('unknown timezone_id');
  for (const day of weekdays) {
    const times = hours.weekly_operating_hours.filter((entry) => entry.day_of_week === day);
    if (times.length > 2) wrong(`more than two entries for ${day}`);
    if (times.some((entry) => entry.open_time >= entry.close_time)) wrong('open_time must be before close_time');
    const [a, b] = times;
    if (a && b && a.open_time < b.close_time && b.open_time < a.close_time) wrong(`overlapping entries for ${day}`);
  }
  const today = new Date().toISOString().slice(0, 10);
  if (hours.holiday_schedule?.some((holiday) => holiday.date < today)) wrong('a holiday in the past');
}

/** Whether a customer's call is let through now. Enforced by Meta's server, whatever the client shows. */
export function isOpen(settings: CallingSettings, now: number): boolean {
  if (settings.status !== 'ENABLED') return false;
  const hours = settings.call_hours;
  if (hours?.status !== 'ENABLED') return true;
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: hours.timezone_id,
    hourCycle: 'h23',
    weekday: 'long',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const time = `${part('hour')}${part('minute')}`;
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  const closed = hours.holiday_schedule?.some(
    (holiday) => holiday.date === date && time >= holiday.start_time && time <= holiday.end_time,
  );
  if (closed) return false;
  return hours.weekly_operating_hours.some(
    (entry) =>
      entry.day_of_week === part('weekday').toUpperCase() && time >= entry.open_time && time < entry.close_time,
  );
}
