import type { CallView } from '../../../control/contract/views.ts';

/**
 * Notices overtake each other, and a reply may be older than a notice that came before it. A view
 * is stale when its revision is smaller than the one at hand; an equal one changes nothing.
 */
export function isStale(known: Pick<CallView, 'revision'> | undefined, told: Pick<CallView, 'revision'>): boolean {
  return known !== undefined && told.revision < known.revision;
}
