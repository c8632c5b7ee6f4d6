import { Fault } from '../contract/fault.ts';

/** A place in a list that is ordered by (time, id), newest first. */
export type Place = { readonly at: Date; readonly id: string };

/** Opaque to whoever gets it, so that the order may change without anybody noticing. */
export const cursorOf = ({ at, id }: Place): string => Buffer.from(`${at.getTime()} ${id}`).toString('base64url');

/** @throws Fault `request/invalid` when it is none of ours. */
export function placeOf(cursor: string): Place {
  const [, time, id] = /^(\d{1,15}) (\w{1,40})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (time === undefined || id === undefined) {
    throw new Fault('request/invalid', 'This page of the list does not exist. Please begin at the start.');
  }
  return { at: new Date(Number(time)), id };
}

/** Cuts a list that was read with one row more than wanted, and says where the next page begins. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  place: (row: T) => Place,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(place(last)) : null };
}
