import { DropdownMenu } from '@kobalte/core/dropdown-menu';
import Check from 'lucide-solid/icons/check';
import Headphones from 'lucide-solid/icons/headphones';
import { For, Show } from 'solid-js';
import { copy } from '../copy.ts';
import { menuItem, menuLook } from '../parts/menu.ts';
import { useConsole } from '../shell/context.ts';
import type { SoundDevice } from './devices.ts';

const standard = '';

/** Which microphone and which speaker, changed in mid-call without a gap in the call. */
export function DeviceMenu() {
  const { devices, microphone, media, desk, toasts } = useConsole();

  const chooseMicrophone = async (id: string): Promise<void> => {
    devices.chooseMicrophone(id === standard ? null : id);
    const nodeId = desk.call()?.nodeId;
    if (!desk.busy() || !nodeId) return;
    try {
      media.speak(nodeId, await microphone.open(devices.microphoneId()));
    } catch {
      toasts.tell('bad', copy.devices.failed);
    }
  };

  return (
    <DropdownMenu
      placement="top"
      gutter={10}
      preventScroll={false}
      onOpenChange={(open) => open && void devices.refresh()}
    >
      <DropdownMenu.Trigger
        aria-label={copy.devices.title}
        title={copy.devices.title}
        data-testid="devices"
        class="inline-flex size-11 items-center justify-center rounded-lg text-panel-soft transition-colors hover:bg-panel-raised hover:text-panel-ink data-expanded:bg-panel-raised"
      >
        <Headphones size={20} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class={`w-76 ${menuLook}`}>
          <Choice
            title={copy.devices.microphone}
            devices={devices.microphones()}
            chosen={devices.microphoneId()}
            onChoose={(id) => void chooseMicrophone(id)}
          />
          <DropdownMenu.Separator class="my-1 border-line" />
          <Show
            when={devices.canChooseSpeaker}
            fallback={<p class="px-2.5 py-2 text-sm text-soft">{copy.devices.noSpeaker}</p>}
          >
            <Choice
              title={copy.devices.speaker}
              devices={devices.speakers()}
              chosen={devices.speakerId()}
              onChoose={(id) => devices.chooseSpeaker(id === standard ? null : id)}
            />
          </Show>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}

function Choice(props: {
  title: string;
  devices: readonly SoundDevice[];
  chosen: string | null;
  onChoose: (id: string) => void;
}) {
  const all = (): readonly SoundDevice[] => [{ id: standard, label: copy.devices.standard }, ...props.devices];
  const chosen = (): string => props.devices.find((device) => device.id === props.chosen)?.id ?? standard;
  return (
    <DropdownMenu.RadioGroup value={chosen()} onChange={(id) => props.onChoose(id)}>
      <DropdownMenu.GroupLabel class="px-2.5 py-1 text-xs font-medium text-faint">
        {props.title}
      </DropdownMenu.GroupLabel>
      <For each={all()}>
        {(device, index) => (
          <DropdownMenu.RadioItem value={device.id} closeOnSelect={false} class={menuItem}>
            <span class="truncate">{device.label === '' ? copy.devices.unnamed(index()) : device.label}</span>
            <DropdownMenu.ItemIndicator class="ms-auto">
              <Check size={16} />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        )}
      </For>
    </DropdownMenu.RadioGroup>
  );
}
