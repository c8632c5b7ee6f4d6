import type { CallView } from '../../../control/contract/views.ts';

/** In the order in which they are offered. */
export const logFilters = ['all', 'missed', 'inbound', 'outbound'] as const;
export type LogFilter = (typeof logFilters)[number];

/** What each filter asks of the server. */
export const logQueries = {
  all: {},
  missed: { disposition: 'missed' },
  inbound: { direction: 'inbound' },
  outbound: { direction: 'outbound' },
} as const satisfies Record<LogFilter, object>;

/** Does a live call belong into the list that this filter shows? */
export function isInLog(call: Pick<CallView, 'direction' | 'disposition'>, filter: LogFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'missed':
      return call.disposition === 'missed';
    case 'inbound':
    case 'outbound':
      return call.direction === filter;
    default:
      return filter satisfies never;
  }
}
