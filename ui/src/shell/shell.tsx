import { type RouteSectionProps, useLocation } from '@solidjs/router';
import { ErrorBoundary, Suspense, createEffect } from 'solid-js';
import { Dock } from '../call/dock.tsx';
import { IncomingStack } from '../call/incoming-stack.tsx';
import { PermissionDialog } from '../call/permission-dialog.tsx';
import { copy } from '../copy.ts';
import { RemoteAudio } from '../media/remote-audio.tsx';
import { Broken } from './broken.tsx';
import { useConsole } from './context.ts';
import { Hints } from './hints.tsx';
import { Rail } from './rail.tsx';
import { ToastList } from './toast-list.tsx';

/**
 * The frame of every page: the rail, the page on its sheet of paper, and the dock that carries the
 * current call. What rings lies above all of it.
 */
export function Shell(props: RouteSectionProps) {
  const { inbox } = useConsole();
  const location = useLocation();
  // A thread on a phone needs the whole height: the way back stands in its header.
  const isDetail = () => /^\/inbox\/.+/.test(location.pathname);

  createEffect(() => {
    const page = location.pathname.startsWith('/calls') ? copy.log.title : copy.inbox.title;
    const unread = inbox.unreadCount();
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${page} · ${copy.product}`;
  });

  return (
    <div class="grid h-full grid-cols-1 grid-rows-[minmax(0,1fr)_auto_auto] bg-panel md:grid-cols-[4.5rem_minmax(0,1fr)] md:grid-rows-[minmax(0,1fr)_auto]">
      <a
        href="#content"
        link={false}
        class="sr-only z-50 rounded-md bg-raised px-4 py-2 font-medium focus:not-sr-only focus:absolute focus:start-3 focus:top-3"
      >
        {copy.nav.skip}
      </a>
      <Rail class={`row-start-3 md:row-span-2 md:row-start-1 ${isDetail() ? 'max-md:hidden' : ''}`} />
      <div class="col-start-1 row-start-1 flex min-h-0 min-w-0 flex-col overflow-hidden bg-surface md:col-start-2 md:rounded-s-xl">
        <Hints />
        <main id="content" tabindex={-1} class="min-h-0 flex-1 focus:outline-none">
          <ErrorBoundary fallback={(error: unknown) => <Broken error={error} />}>
            <Suspense>{props.children}</Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <Dock class="col-start-1 row-start-2 md:col-start-2" />
      <IncomingStack />
      <PermissionDialog />
      <ToastList />
      <RemoteAudio />
    </div>
  );
}
