/**
 * Instants as the viewer reads them: in the viewer's zone and language, by Intl alone.
 * Every function takes the zone and the language so that tests can say which; the browser's
 * own are the default.
 */
export type Viewer = { readonly locale?: string; readonly timeZone?: string };

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(viewer: Viewer, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([viewer, options]);
  let format = formats.get(key);
  if (!format) {
    const zone = viewer.timeZone === undefined ? {} : { timeZone: viewer.timeZone };
    format = new Intl.DateTimeFormat(viewer.locale, { ...options, ...zone });
    formats.set(key, format);
  }
  return format;
}

/** The time of day, e.g. `14:02`. */
export function clockTime(instant: string, viewer: Viewer = {}): string {
  return formatOf(viewer, { timeStyle: 'short' }).format(new Date(instant));
}

/** Date and time in full, for a tooltip or a history. */
export function fullTime(instant: string, viewer: Viewer = {}): string {
  return formatOf(viewer, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(instant));
}

/** Date and time without seconds, e.g. for the end of a permission. */
export function dateTime(instant: string, viewer: Viewer = {}): string {
  return formatOf(viewer, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
}

/** The calendar day in the viewer's zone, as a key that sorts: `2026-11-23`. */
export function dayKey(instant: string, viewer: Viewer = {}): string {
  return formatOf({ ...viewer, locale: 'en-CA' }, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(instant),
  );
}

const daysBetween = (earlier: string, later: string): number =>
  Math.round((Date.parse(`${later}T12:00:00Z`) - Date.parse(`${earlier}T12:00:00Z`)) / 86_400_000);

/** How long ago in calendar days of the viewer: 0 is today, 1 yesterday. */
function daysAgo(instant: string, now: number, viewer: Viewer): number {
  return daysBetween(dayKey(instant, viewer), dayKey(new Date(now).toISOString(), viewer));
}

/** A day as a heading: `Today`, `Yesterday`, `Monday`, `3 Nov 2026`. */
export function dayLabel(
  instant: string,
  now: number,
  words: { today: string; yesterday: string },
  viewer: Viewer = {},
) {
  const ago = daysAgo(instant, now, viewer);
  if (ago === 0) return words.today;
  if (ago === 1) return words.yesterday;
  if (ago > 1 && ago < 7) return formatOf(viewer, { weekday: 'long' }).format(new Date(instant));
  return formatOf(viewer, { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
}

/** As short as a list needs it: the time today, else the weekday, else the date. */
export function listTime(instant: string, now: number, words: { yesterday: string }, viewer: Viewer = {}): string {
  const ago = daysAgo(instant, now, viewer);
  if (ago <= 0) return clockTime(instant, viewer);
  if (ago === 1) return words.yesterday;
  if (ago < 7) return formatOf(viewer, { weekday: 'short' }).format(new Date(instant));
  const thisYear = dayKey(instant, viewer).slice(0, 4) === dayKey(new Date(now).toISOString(), viewer).slice(0, 4);
  const format = thisYear
    ? ({ day: 'numeric', month: 'short' } as const)
    : ({ day: 'numeric', month: 'short', year: 'numeric' } as const);
  return formatOf(viewer, format).format(new Date(instant));
}

/** A running or final duration as a clock: `0:07`, `12:41`, `1:02:03`. */
export function timer(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const two = (n: number): string => String(n).padStart(2, '0');

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** The largest whole unit of a span, e.g. `6 days`, `23 hours`, `5 minutes`; never less than a minute. */
export function roughSpan(ms: number, viewer: Viewer = {}): string {
  const seconds = Math.max(60, ms / 1000);
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[2];
  return new Intl.NumberFormat(viewer.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.floor(seconds / size),
  );
}
