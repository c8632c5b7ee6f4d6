import { DropdownMenu } from '@kobalte/core/dropdown-menu';
import BellRing from 'lucide-solid/icons/bell-ring';
import Check from 'lucide-solid/icons/check';
import LogOut from 'lucide-solid/icons/log-out';
import Monitor from 'lucide-solid/icons/monitor';
import Moon from 'lucide-solid/icons/moon';
import Sun from 'lucide-solid/icons/sun';
import { For } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { playTone } from '../call/ring-tone.ts';
import { copy } from '../copy.ts';
import { unlockSound } from '../media/audio.ts';
import { Avatar } from '../parts/avatar.tsx';
import { menuItem, menuLook } from '../parts/menu.ts';
import { currentTheme, setTheme, themes } from '../session/theme.ts';
import { useConsole } from './context.ts';

const themeIcons = { light: Sun, dark: Moon, system: Monitor } as const;
const testRingMs = 2400;

async function testRing(): Promise<void> {
  await unlockSound();
  const stop = playTone('ring');
  setTimeout(stop, testRingMs);
}

/** Who is signed in, how the console looks and sounds, and the way out. */
export function UserMenu() {
  const { user, session, desk, line } = useConsole();
  return (
    <DropdownMenu placement="right-end" gutter={10} preventScroll={false}>
      <DropdownMenu.Trigger
        aria-label={`${copy.nav.account}: ${user.name}`}
        data-testid="user-menu"
        class="relative flex flex-col items-center rounded-full p-1 max-md:px-4"
      >
        <Avatar name={user.name} seed={user.id} size="md" onPanel />
        <span
          class={`absolute end-1 bottom-1 size-3 rounded-full border-2 border-panel max-md:end-4 ${line.status() === 'open' ? 'bg-panel-go' : 'animate-pulse bg-panel-brass'}`}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class={`w-64 ${menuLook}`}>
          <div class="px-2.5 pt-2 pb-2.5">
            <p class="truncate font-semibold">{user.name}</p>
            <p class="truncate text-sm text-soft">{user.email}</p>
            <p class="mt-1 truncate text-xs text-faint">
              {user.workspaceName} · {copy.nav.roles[user.role]}
            </p>
          </div>
          <DropdownMenu.Separator class="my-1 border-line" />
          <DropdownMenu.RadioGroup
            value={currentTheme()}
            onChange={(value) => setTheme(themes.find((theme) => theme === value) ?? 'system')}
          >
            <DropdownMenu.GroupLabel class="px-2.5 py-1 text-xs font-medium text-faint">
              {copy.nav.theme}
            </DropdownMenu.GroupLabel>
            <For each={themes}>
              {(theme) => (
                <DropdownMenu.RadioItem
                  value={theme}
                  closeOnSelect={false}
                  class={menuItem}
                  data-testid={`theme-${theme}`}
                >
                  <Dynamic component={themeIcons[theme]} size={16} aria-hidden />
                  {copy.nav[theme]}
                  <DropdownMenu.ItemIndicator class="ms-auto">
                    <Check size={16} />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.RadioItem>
              )}
            </For>
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator class="my-1 border-line" />
          <DropdownMenu.Item class={menuItem} closeOnSelect={false} onSelect={() => void testRing()}>
            <BellRing size={16} />
            {copy.nav.testRing}
          </DropdownMenu.Item>
          <DropdownMenu.Item
            class={menuItem}
            disabled={desk.busy()}
            onSelect={() => void session.signOut()}
            data-testid="sign-out"
          >
            <LogOut size={16} />
            {desk.busy() ? copy.nav.signOutOnCall : copy.nav.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}
