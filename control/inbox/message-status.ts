import type { MessageView } from '../contract/views.ts';

type Text = Extract<MessageView['body'], { kind: 'text' }>;
/** How far a text of ours has come. */
export type Outgoing = Exclude<Text['status'], 'received'>;

/** What may follow what: webhooks come late and twice, and a read message was never less than that. */
const follows: { readonly [S in Outgoing]: readonly Outgoing[] } = {
  sending: ['sent', 'delivered', 'read', 'failed'],
  sent: ['delivered', 'read', 'failed'],
  delivered: ['read'],
  read: [],
  failed: [],
};

export const mayFollow = (before: Outgoing, after: Outgoing): boolean => follows[before].includes(after);

/** The further one of two reports about the same message. */
export const further = (a: Outgoing, b: Outgoing): Outgoing => (mayFollow(a, b) ? b : a);
