import Send from 'lucide-solid/icons/send';
import { Show, createEffect, createSignal } from 'solid-js';
import { copy } from '../copy.ts';
import { sentenceOf } from '../line/faults.ts';
import { Button } from '../parts/button.tsx';
import { Area } from '../parts/field.tsx';
import { Modal } from '../parts/modal.tsx';
import { useConsole } from '../shell/context.ts';
import { contactName } from '../words/phone.ts';

/** Explains why the customer can't be called yet, and sends the request for their consent. */
export function PermissionDialog() {
  const { desk, inbox, toasts } = useConsole();
  const [text, setText] = createSignal('');
  const [isWorking, setWorking] = createSignal(false);
  const [failure, setFailure] = createSignal<string>();
  const conversation = () => {
    const id = desk.needsPermission();
    return id === null ? undefined : inbox.byId(id);
  };
  createEffect(() => {
    if (desk.needsPermission() === null) return;
    setText('');
    setFailure(undefined);
  });

  const send = async (): Promise<void> => {
    const asked = conversation();
    if (!asked) return;
    setWorking(true);
    setFailure(undefined);
    try {
      await inbox.requestPermission(asked.id, text());
      toasts.tell('good', copy.permission.sent);
      desk.forgetPermission();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setWorking(false);
    }
  };

  return (
    <Modal
      open={conversation() !== undefined}
      title={copy.permission.dialogTitle(
        contactName(conversation()?.contact ?? { name: '', phone: null }, copy.unknownContact),
      )}
      lead={copy.permission.dialogText}
      onClose={() => desk.forgetPermission()}
      data-testid="permission-dialog"
    >
      <Show
        when={conversation()?.permission.canRequest}
        fallback={
          <div class="rounded-md bg-brass-soft px-3.5 py-3 text-base text-brass-text">
            <p class="font-semibold">{copy.permission.blocked}</p>
            <p class="mt-0.5">{conversation()?.permission.requestBlockedBecause}</p>
          </div>
        }
      >
        <Area
          label={copy.permission.message}
          hint={copy.permission.messageHint}
          maxLength={1024}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </Show>
      <Show when={failure()}>
        <p role="alert" class="mt-3 rounded-md bg-stop-soft px-3.5 py-2.5 text-base text-stop-text">
          {failure()}
        </p>
      </Show>
      <div class="mt-6 flex justify-end gap-2">
        <Button look="quiet" onClick={() => desk.forgetPermission()}>
          {conversation()?.permission.canRequest === true ? copy.cancel : copy.close}
        </Button>
        <Show when={conversation()?.permission.canRequest}>
          <Button
            look="primary"
            icon={Send}
            working={isWorking()}
            onClick={() => void send()}
            data-testid="permission-send"
          >
            {copy.permission.send}
          </Button>
        </Show>
      </div>
    </Modal>
  );
}
