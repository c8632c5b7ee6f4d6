import { createEffect, createSignal, on, onCleanup, Show, type JSX } from 'solid-js';
import { CallScreen } from './call-screen.tsx';
import { Chat } from './chat.tsx';
import { Chats } from './chats.tsx';
import { openHandset, type Handset } from './handset.ts';
import { createLine, pageId, type ContactView, type Line } from './line.ts';
import { Device, StatusBar } from './parts.tsx';
import { People } from './people.tsx';

const fromAddress = (): string | undefined => /^#(\d{7,15})$/.exec(location.hash)?.[1];

/** A phone is its address: `#15550100001` is Maya's, so that every tab may be somebody else. */
export function App(): JSX.Element {
  const [waId, setWaId] = createSignal(fromAddress());
  const onHash = (): void => void setWaId(fromAddress());
  addEventListener('hashchange', onHash);
  onCleanup(() => removeEventListener('hashchange', onHash));
  return (
    <Device>
      <StatusBar class="text-ink" />
      <Show
        when={waId()}
        keyed
        fallback={
          <People
            onPick={(person) => {
              location.hash = person.waId;
            }}
          />
        }
      >
        {(id) => <Phone waId={id} />}
      </Show>
    </Device>
  );
}

function Phone(props: { waId: string }): JSX.Element {
  const line = createLine(props.waId);
  const [opened, setOpened] = createSignal<string>();
  const audio = createCallAudio(line);
  const contact = (phoneNumberId: string | undefined): ContactView | undefined =>
    line.view()?.contacts.find((one) => one.phoneNumberId === phoneNumberId);
  const place = (to: ContactView): void => audio.start(() => line.ask('call', { to: to.phoneNumberId }));
  const pickUp = (): void =>
    audio.start(async () => {
      if (line.view()?.call?.state === 'ringing-here') await line.ask('answer');
    });

  return (
    <>
      <Show when={!line.online()}>
        <p
          role="alert"
          class="absolute inset-x-0 top-9 z-20 bg-coral py-1 text-center text-xs font-semibold text-white"
        >
          No network…
        </p>
      </Show>
      <Show when={line.view()}>
        {(view) => (
          <Show
            when={contact(opened())}
            fallback={
              <Chats
                view={view()}
                onOpen={(one) => setOpened(one.phoneNumberId)}
                onCall={place}
                onLeave={() => {
                  location.hash = '';
                }}
              />
            }
          >
            {(one) => (
              <Chat contact={one()} line={line} onBack={() => setOpened(undefined)} onCall={() => place(one())} />
            )}
          </Show>
        )}
      </Show>
      <Show when={line.view()?.call}>
        {(call) => (
          <CallScreen
            call={call()}
            name={contact(call().phoneNumberId)?.name ?? ''}
            line={line}
            handset={audio.handset()}
            trouble={audio.trouble()}
            onAnswer={pickUp}
          />
        )}
      </Show>
      <Show when={!line.view()?.call && audio.trouble()}>
        <p role="alert" class="absolute inset-x-4 bottom-24 z-20 rounded-xl bg-stop px-4 py-3 text-sm text-white">
          {audio.trouble()}
        </p>
      </Show>
    </>
  );
}

/** The handset of the call that this page has; put down when the call is over or another page took it. */
function createCallAudio(line: Line) {
  const [handset, setHandset] = createSignal<Handset>();
  const [trouble, setTrouble] = createSignal<string>();
  let opening = false;

  const putDown = (): void => {
    handset()?.close();
    setHandset(undefined);
  };
  const pickUp = async (first: () => Promise<unknown>): Promise<void> => {
    opening = true;
    setTrouble(undefined);
    try {
      await first();
      const opened = await openHandset(line);
      putDown();
      setHandset(opened);
      if (!opened.speaks) setTrouble('Microphone blocked: the business does not hear you.');
    } catch (error) {
      setTrouble((error as Error).message);
    } finally {
      opening = false;
    }
  };
  const mine = (): boolean => line.view()?.call?.heldBy === pageId;

  createEffect(
    on(mine, (held) => {
      if (!held && !opening) putDown();
      // Loaded again in the middle of a call: it goes on here.
      else if (held && !handset() && !opening) void pickUp(async () => undefined);
    }),
  );
  createEffect(() => {
    if (!trouble() || line.view()?.call) return;
    const timer = setTimeout(() => setTrouble(undefined), 5000);
    onCleanup(() => clearTimeout(timer));
  });
  onCleanup(putDown);
  return { handset, trouble, start: (first: () => Promise<unknown>) => void pickUp(first) };
}
