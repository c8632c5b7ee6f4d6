import type { CallView, HandlerView } from '../contract/views.ts';
import type { CallRecord } from './record.ts';
import type { CallState, Handler } from './states.ts';

const instant = (ms: number): string => new Date(ms).toISOString();

const handlerView = ({ userId, name, deskId, muted, presence }: Handler): HandlerView => ({
  kind: 'operator',
  userId,
  name,
  deskId,
  muted,
  presence: presence === 'here' ? 'here' : 'away',
});

/** Of an ended call: who had it last. */
function handlerOf(state: CallState): HandlerView | null {
  if ('handler' in state) return handlerView(state.handler);
  if (state.phase !== 'ended' || !state.handledBy) return null;
  return handlerView({ ...state.handledBy, muted: false, presence: 'here' });
}

function offerOf(state: CallState): CallView['offer'] {
  if (state.phase === 'ringing') {
    return { until: instant(Math.min(state.ringUntil, state.answerUntil)), because: 'ringing' };
  }
  if (state.phase === 'live' && state.handler.presence === 'gone') {
    return { until: instant(state.handler.offerUntil), because: 'operator-lost' };
  }
  return null;
}

/** A call as desks may see it. */
export function viewOf(record: CallRecord): CallView {
  const { id, revision, direction, conversationId, state, number, contact } = record;
  const ended = state.phase === 'ended' ? state : null;
  const answeredAt = state.phase === 'live' ? state.answeredAt : (ended?.answeredAt ?? null);
  return {
    id,
    revision,
    direction,
    phase: state.phase,
    number: { id: record.numberId, displayNumber: number.displayNumber, label: number.label },
    contact: { id: record.contactId, name: contact.name, phone: contact.phone },
    conversationId,
    nodeId: state.nodeId,
    handler: handlerOf(state),
    offer: offerOf(state),
    remoteRinging: state.phase === 'dialing' && state.remoteRinging,
    startedAt: record.startedAt.toISOString(),
    answeredAt: answeredAt === null ? null : instant(answeredAt),
    endedAt: ended ? instant(ended.endedAt) : null,
    durationSeconds: ended?.durationSeconds ?? null,
    disposition: ended?.disposition ?? null,
    endReason: ended?.reason ?? null,
  };
}
