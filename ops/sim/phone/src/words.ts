const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

/** 14:05 */
export const timeOf = (at: number): string => clock.format(at);

const two = (value: number): string => String(value).padStart(2, '0');

/** 1:05, 1:02:05 */
export function durationOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The first letters of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0]?.toUpperCase() ?? '').join('');
}

/** A hue that belongs to a name. */
export function hueOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)!) % 360;
  return sum;
}

/** +1 555 010 0001: digits in groups that can be read aloud. */
export function numberOf(digits: string): string {
  const country = /^(1|7|\d\d)/.exec(digits)?.[0] ?? '';
  return `+${country} ${digits.slice(country.length).replaceAll(/(\d{3})(?=\d{3})/g, '$1 ')}`;
}
