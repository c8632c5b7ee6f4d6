import ArrowRight from 'lucide-solid/icons/arrow-right';
import UserPlus from 'lucide-solid/icons/user-plus';
import { createResource, createSignal, For, Show, type JSX } from 'solid-js';
import { addPerson, people, type Person } from './line.ts';
import { Avatar } from './parts.tsx';
import { numberOf } from './words.ts';

/** Whose phone is this? */
export function People(props: { onPick: (person: Person) => void }): JSX.Element {
  const [known] = createResource(people);
  return (
    <div class="flex min-h-0 flex-1 flex-col">
      <header class="px-6 pt-6 pb-4 sm:pt-12">
        <p class="text-sm font-semibold text-plum">Courier</p>
        <h1 class="mt-1 text-2xl font-bold">Whose phone is this?</h1>
        <p class="mt-2 text-sm text-soft">
          Be a customer. The company sits at the console in your other tab: call it, write to it, or let it call you.
        </p>
      </header>
      <ul class="min-h-0 flex-1 overflow-y-auto px-3">
        <For each={known()}>
          {(person) => (
            <li>
              <button
                type="button"
                class="flex w-full items-center gap-4 rounded-2xl p-3 text-left hover:bg-sunken"
                onClick={() => props.onPick(person)}
              >
                <Avatar name={person.name} />
                <span class="min-w-0 flex-1">
                  <span class="block truncate font-semibold">{person.name}</span>
                  <span class="figures block text-sm text-soft">{numberOf(person.waId)}</span>
                </span>
                <ArrowRight class="size-5 text-soft" />
              </button>
            </li>
          )}
        </For>
      </ul>
      <Newcomer onPick={(person) => props.onPick(person)} />
    </div>
  );
}

function Newcomer(props: { onPick: (person: Person) => void }): JSX.Element {
  const [name, setName] = createSignal('');
  const [number, setNumber] = createSignal('');
  const [complaint, setComplaint] = createSignal<string>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    addPerson({ waId: number().replaceAll(/\D/g, ''), name: name() }).then(props.onPick, () =>
      setComplaint('A name, and a number with its country code, please.'),
    );
  };
  const field = 'min-w-0 rounded-xl border border-line bg-raised px-3 py-2.5 text-sm placeholder:text-soft';
  return (
    <form class="m-3 grid grid-cols-[4fr_5fr_auto] gap-2 rounded-2xl bg-sunken p-3" onSubmit={submit}>
      <p class="col-span-3 px-1 text-sm text-soft">Somebody else</p>
      <input
        class={field}
        placeholder="Name"
        aria-label="Name"
        autocomplete="off"
        required
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <input
        class={field}
        placeholder="+1 555 0100042"
        aria-label="Number"
        inputmode="tel"
        required
        onInput={(event) => setNumber(event.currentTarget.value)}
      />
      <button type="submit" class="rounded-xl bg-plum px-3 text-on-plum" aria-label="Add somebody">
        <UserPlus class="size-5" />
      </button>
      <Show when={complaint()}>
        <p role="alert" class="col-span-3 text-sm text-stop">
          {complaint()}
        </p>
      </Show>
    </form>
  );
}
