import Eye from 'lucide-solid/icons/eye';
import EyeOff from 'lucide-solid/icons/eye-off';
import { Show, createSignal, onMount } from 'solid-js';
import { copy } from '../copy.ts';
import { Unreachable, hasCode, sentenceOf } from '../line/faults.ts';
import { Button, IconButton } from '../parts/button.tsx';
import { Field } from '../parts/field.tsx';
import { Logo } from '../parts/logo.tsx';
import type { Session } from './session.ts';

const noticeOf = { fresh: undefined, expired: copy.login.expired, asked: copy.login.signedOut } as const;

/** Email and password; every refusal says what to do. */
export function LoginPage(props: { session: Session; because: keyof typeof noticeOf }) {
  const [email, setEmail] = createSignal('');
  const [password, setPassword] = createSignal('');
  const [isShown, setShown] = createSignal(false);
  const [isTried, setTried] = createSignal(false);
  const [isWorking, setWorking] = createSignal(false);
  const [failure, setFailure] = createSignal<string>();
  onMount(() => {
    document.title = `${copy.login.title} · ${copy.product}`;
  });

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setTried(true);
    setFailure(undefined);
    const empty = [email().trim() === '' && 'email', password() === '' && 'password'].find((name) => name !== false);
    if (empty !== undefined) {
      focusField(form, empty);
      return;
    }
    setWorking(true);
    try {
      await props.session.signIn(email().trim(), password());
    } catch (error) {
      setFailure(failureOf(error));
      focusField(form, 'password');
    } finally {
      setWorking(false);
    }
  };

  return (
    <div class="grid h-full grid-rows-[auto_1fr] overflow-y-auto bg-surface lg:grid-cols-[minmax(22rem,42%)_1fr] lg:grid-rows-1">
      <Cover />
      <main class="flex items-start justify-center px-6 py-10 lg:items-center">
        <form class="w-full max-w-sm" noValidate onSubmit={(event) => void submit(event)}>
          <h1 class="text-2xl font-semibold tracking-tight">{copy.login.title}</h1>
          <p class="mt-1.5 text-base text-soft">{copy.login.lead}</p>

          <div class="mt-6 min-h-0" aria-live="polite">
            <Show when={failure() ?? noticeOf[props.because]}>
              {(text) => (
                <p
                  data-testid="login-message"
                  class={`rounded-md px-3.5 py-2.5 text-base ${failure() === undefined ? 'bg-accent-soft text-accent-text' : 'bg-stop-soft text-stop-text'}`}
                >
                  {text()}
                </p>
              )}
            </Show>
          </div>

          <Field
            class="mt-5"
            data-testid="login-email"
            label={copy.login.email}
            type="email"
            name="email"
            autocomplete="username"
            autofocus
            inputmode="email"
            autocapitalize="none"
            spellcheck={false}
            value={email()}
            onInput={(event) => setEmail(event.currentTarget.value)}
            error={isTried() && email().trim() === '' ? copy.login.emailMissing : undefined}
          />
          <Field
            class="mt-3"
            data-testid="login-password"
            label={copy.login.password}
            type={isShown() ? 'text' : 'password'}
            name="password"
            autocomplete="current-password"
            value={password()}
            onInput={(event) => setPassword(event.currentTarget.value)}
            error={isTried() && password() === '' ? copy.login.passwordMissing : undefined}
            trailing={
              <IconButton
                icon={isShown() ? EyeOff : Eye}
                label={isShown() ? copy.login.hide : copy.login.show}
                onClick={() => setShown((shown) => !shown)}
              />
            }
          />
          <Button
            type="submit"
            look="primary"
            size="lg"
            class="mt-4 w-full"
            working={isWorking()}
            data-testid="login-submit"
          >
            {isWorking() ? copy.login.submitting : copy.login.submit}
          </Button>
        </form>
      </main>
    </div>
  );
}

/** Where to type next, with what is there marked to be typed over. */
function focusField(form: HTMLFormElement, name: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.select();
}

function failureOf(error: unknown): string {
  if (error instanceof Unreachable) return copy.login.unreachable;
  if (hasCode(error, 'account/wrong-credentials')) return copy.login.wrong;
  if (hasCode(error, 'account/too-many-attempts')) return copy.login.tooMany;
  return sentenceOf(error);
}

/** The dark side of the page: the mark, and cords that cross it. */
function Cover() {
  return (
    <aside class="relative flex flex-col overflow-hidden bg-panel px-6 py-5 text-panel-ink lg:px-12 lg:py-12">
      <div class="flex items-center gap-3">
        <Logo size={34} />
        <span class="text-xl font-semibold tracking-tight">{copy.product}</span>
      </div>
      <Cords />
      <div class="relative mt-auto hidden max-w-sm lg:block">
        <p class="text-3xl font-semibold tracking-tight text-balance">{copy.login.panelTitle}</p>
        <p class="mt-3 text-lg text-pretty text-panel-soft">{copy.login.panelText}</p>
      </div>
    </aside>
  );
}

const columns = [40, 110, 180, 250, 320, 390];
const rows = [150, 220, 290, 360];
const cords = [
  ['M40 220C40 90 250 90 250 150', 'var(--sb-panel-brass)'],
  ['M110 360C110 250 320 240 320 290', 'oklch(0.72 0.09 212)'],
  ['M180 150C180 60 390 60 390 220', 'oklch(0.66 0.11 28)'],
] as const;
const plugged = new Set(['40,220', '250,150', '110,360', '320,290', '180,150', '390,220']);

/** A manual exchange, drawn: jacks in rows, three of them joined. */
function Cords() {
  return (
    <svg class="absolute inset-x-0 top-8 hidden w-full lg:block" viewBox="0 0 430 420" fill="none" aria-hidden="true">
      {rows.map((y) =>
        columns.map((x) => (
          <circle
            cx={x}
            cy={y}
            r="9"
            stroke="var(--sb-panel-line)"
            stroke-width="3"
            fill={plugged.has(`${x},${y}`) ? 'var(--sb-panel-soft)' : 'none'}
          />
        )),
      )}
      {cords.map(([path, colour]) => (
        <path d={path} stroke={colour} stroke-width="5" stroke-linecap="round" />
      ))}
    </svg>
  );
}
