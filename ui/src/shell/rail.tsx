import { A, useLocation } from '@solidjs/router';
import Inbox from 'lucide-solid/icons/inbox';
import Phone from 'lucide-solid/icons/phone';
import { For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { copy } from '../copy.ts';
import type { Icon } from '../parts/button.tsx';
import { tellHeight } from '../parts/height.ts';
import { Logo } from '../parts/logo.tsx';
import { useConsole } from './context.ts';
import { UserMenu } from './user-menu.tsx';

type Entry = { href: string; label: string; icon: Icon; testid: string };

/** The product's pages. A page that is not there yet has no entry; a new one is one line here. */
const entries: readonly Entry[] = [
  { href: '/inbox', label: copy.nav.inbox, icon: Inbox, testid: 'nav-inbox' },
  { href: '/calls', label: copy.nav.calls, icon: Phone, testid: 'nav-calls' },
];

/** At the left; on a phone at the bottom. */
export function Rail(props: { class: string }) {
  const { inbox, calls } = useConsole();
  const badgeOf = (href: string): number => (href === '/inbox' ? inbox.unreadCount() : calls.running().length);
  return (
    <nav
      ref={(rail) => tellHeight(rail, '--rail-height')}
      aria-label={copy.nav.label}
      class={`on-panel flex items-center gap-1 bg-panel px-2 text-panel-ink max-md:justify-around max-md:border-t max-md:border-panel-line max-md:py-1.5 max-md:pb-[max(0.375rem,env(safe-area-inset-bottom))] md:flex-col md:py-4 ${props.class}`}
    >
      <span class="mb-4 hidden md:block" title={copy.product}>
        <Logo size={30} />
      </span>
      <For each={entries}>{(entry) => <RailLink entry={entry} badge={badgeOf(entry.href)} />}</For>
      <div class="md:mt-auto">
        <UserMenu />
      </div>
    </nav>
  );
}

function RailLink(props: { entry: Entry; badge: number }) {
  const location = useLocation();
  const isHere = () => location.pathname.startsWith(props.entry.href);
  return (
    <A
      href={props.entry.href}
      data-testid={props.entry.testid}
      aria-current={isHere() ? 'page' : undefined}
      class={`relative flex w-16 flex-col items-center gap-1 rounded-lg py-2 text-2xs font-medium transition-colors ${isHere() ? 'bg-panel-raised text-panel-ink' : 'text-panel-soft hover:bg-panel-raised/60 hover:text-panel-ink'}`}
    >
      <span class="relative">
        <Dynamic component={props.entry.icon} size={20} stroke-width={1.9} aria-hidden />
        <Show when={props.badge > 0}>
          <span class="figures absolute -end-3 -top-1.5 min-w-4 rounded-full bg-panel-brass px-1 text-center text-2xs leading-4 font-bold text-panel">
            {props.badge > 99 ? '99+' : props.badge}
          </span>
        </Show>
      </span>
      {props.entry.label}
      <Show when={props.badge > 0 && props.entry.href === '/inbox'}>
        <span class="sr-only">{copy.nav.unread(props.badge)}</span>
      </Show>
    </A>
  );
}
