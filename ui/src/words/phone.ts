// ITU-T E.164 country codes by length: 1 and 7 stand alone, these have two digits, the rest three.
const twoDigitCodes = new Set(
  [20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58]
    .concat([60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98])
    .map(String),
);

const codeLength = (digits: string): number => {
  if (digits.startsWith('1') || digits.startsWith('7')) return 1;
  return twoDigitCodes.has(digits.slice(0, 2)) ? 2 : 3;
};

/** A phone number as people read it, from its digits: `16315553601` -> `+1 631 555 3601`. */
export function readablePhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  if (digits.length < 7) return phone;
  const length = codeLength(digits);
  const national = digits.slice(length);
  const groups: string[] = [];
  // Threes from the front, and a last group of two to four: easy to read out, wrong in no country.
  let rest = national;
  while (rest.length > 4) {
    groups.push(rest.slice(0, 3));
    rest = rest.slice(3);
  }
  groups.push(rest);
  return `+${digits.slice(0, length)} ${groups.join(' ')}`;
}

/** Up to two letters for an avatar; a contact known by number alone has none. */
export function initials(name: string): string {
  const letters = name
    .split(/[\s.,_-]+/)
    .map((part) => /\p{L}/u.exec(part)?.[0] ?? '')
    .filter(Boolean);
  const [first = '', ...others] = letters;
  return (first + (others.at(-1) ?? '')).toLocaleUpperCase();
}

/** What a contact is called: the name, else the number, else what the copy says for nobody known. */
export function contactName(contact: { name: string; phone: string | null }, unknown: string): string {
  const name = contact.name.trim();
  if (name !== '' && name !== contact.phone) return name;
  return contact.phone === null ? unknown : readablePhone(contact.phone);
}
