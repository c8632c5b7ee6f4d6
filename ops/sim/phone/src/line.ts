import { createSignal, onCleanup, type Accessor } from 'solid-js';
import type { CallView, ContactView, PhoneView } from '../../line/phone.ts';

export type { CallView, ContactView, PhoneView };
export type ChatEntry = ContactView['chat'][number];
export type Person = { waId: string; name: string };

/** This page, over reloads: whoever has the microphone of a call is a page. */
export const pageId: string = (() => {
  const kept = sessionStorage.getItem('page') ?? crypto.randomUUID();
  sessionStorage.setItem('page', kept);
  return kept;
})();

/** Asks the sim. Throws with its sentence. */
async function request<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/phone/api/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `The sim answered ${response.status}.`);
  return answer;
}

export const people = async (): Promise<Person[]> => (await request<{ people: Person[] }>('people')).people;
export const addPerson = async (person: Person): Promise<Person> =>
  (await request<{ person: Person }>('people', person)).person;

export type Line = {
  /** The phone as the sim last told it; undefined before the first word. */
  view: Accessor<PhoneView | undefined>;
  online: Accessor<boolean>;
  ask: <T = unknown>(what: string, body?: Record<string, unknown>) => Promise<T>;
};

/** The wire of one customer's phone; comes back by itself when the sim was away. */
export function createLine(waId: string): Line {
  const [view, setView] = createSignal<PhoneView>();
  const [online, setOnline] = createSignal(true);
  const events = new EventSource(`/phone/api/${waId}/events?page=${pageId}`);
  events.addEventListener('message', (event: MessageEvent<string>) => {
    setOnline(true);
    setView(JSON.parse(event.data) as PhoneView);
  });
  events.addEventListener('error', () => setOnline(false));
  onCleanup(() => events.close());
  return { view, online, ask: (what, body = {}) => request(`${waId}/${what}`, body) };
}
