import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contactName, initials, readablePhone } from '../../ui/src/words/phone.ts';
import { clockTime, dayKey, dayLabel, listTime, roughSpan, timer } from '../../ui/src/words/time.ts';

const words = suite('words');

const berlin = { locale: 'en-GB', timeZone: 'Europe/Berlin' };
const days = { today: 'Today', yesterday: 'Yesterday' };
const now = Date.parse('2026-11-23T10:00:00Z');

words('times are those of the viewer’s zone', () => {
  assert.is(clockTime('2026-11-23T10:02:00Z', berlin), '11:02');
  assert.is(clockTime('2026-11-23T10:02:00Z', { locale: 'en-GB', timeZone: 'Asia/Tokyo' }), '19:02');
});

words('a day ends at the viewer’s midnight, not at UTC’s', () => {
  assert.is(dayKey('2026-11-22T23:30:00Z', berlin), '2026-11-23');
  assert.is(dayKey('2026-11-22T23:30:00Z', { timeZone: 'UTC' }), '2026-11-22');
  assert.is(dayLabel('2026-11-22T23:30:00Z', now, days, berlin), 'Today');
});

// instant, heading of its day, time in a list
for (const [instant, label, short] of [
  ['2026-11-23T08:00:00Z', 'Today', '09:00'],
  ['2026-11-22T08:00:00Z', 'Yesterday', 'Yesterday'],
  ['2026-11-19T08:00:00Z', 'Thursday', 'Thu'],
  ['2026-11-03T08:00:00Z', '3 Nov 2026', '3 Nov'],
  ['2025-11-03T08:00:00Z', '3 Nov 2025', '3 Nov 2025'],
] as const) {
  words(`${instant.slice(0, 10)} reads ${label} and ${short}`, () => {
    assert.is(dayLabel(instant, now, days, berlin), label);
    assert.is(listTime(instant, now, days, berlin), short);
  });
}

words('the day does not jump where the clocks change', () => {
  const afterChange = Date.parse('2026-10-25T12:00:00Z');
  assert.is(dayLabel('2026-10-24T22:30:00Z', afterChange, days, berlin), 'Today');
  assert.is(dayLabel('2026-10-24T21:30:00Z', afterChange, days, berlin), 'Yesterday');
});

for (const [seconds, text] of [
  [0, '0:00'],
  [7.9, '0:07'],
  [761, '12:41'],
  [3723, '1:02:03'],
  [-5, '0:00'],
] as const) {
  words(`${seconds} seconds are ${text}`, () => assert.is(timer(seconds), text));
}

words('a span is told in its largest whole unit', () => {
  assert.is(roughSpan(6.9 * 86_400_000, berlin), '6 days');
  assert.is(roughSpan(23.5 * 3_600_000, berlin), '23 hours');
  assert.is(roughSpan(90_000, berlin), '1 minute');
  assert.is(roughSpan(2000, berlin), '1 minute');
});

for (const [digits, text] of [
  ['16315553601', '+1 631 555 3601'],
  ['4915123456789', '+49 151 234 567 89'],
  ['971501234567', '+971 501 234 567'],
  ['+34612345678', '+34 612 345 678'],
  ['123', '123'],
] as const) {
  words(`${digits} reads ${text}`, () => assert.is(readablePhone(digits), text));
}

words('a contact without a name is called by its number, one without either is unknown', () => {
  assert.is(contactName({ name: 'Ana', phone: '16315553601' }, 'Unknown'), 'Ana');
  assert.is(contactName({ name: '', phone: '16315553601' }, 'Unknown'), '+1 631 555 3601');
  assert.is(contactName({ name: '16315553601', phone: '16315553601' }, 'Unknown'), '+1 631 555 3601');
  assert.is(contactName({ name: ' ', phone: null }, 'Unknown'), 'Unknown');
});

words('an avatar shows the first and the last name’s letters, in any script', () => {
  assert.is(initials('Anna Maria Bergström'), 'AB');
  assert.is(initials('рустам исмаилов'), 'РИ');
  assert.is(initials('Madonna'), 'M');
  assert.is(initials('+1 631 555 3601'), '');
});

words.run();
