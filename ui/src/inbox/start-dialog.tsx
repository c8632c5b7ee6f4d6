import { useNavigate } from '@solidjs/router';
import { Show, createEffect, createSignal } from 'solid-js';
import type { NumberId } from '../../../control/contract/ids.ts';
import type { NumberView } from '../../../control/contract/views.ts';
import { PhoneNumber } from '../../../control/contract/rest.ts';
import { copy } from '../copy.ts';
import { hasCode, sentenceOf } from '../line/faults.ts';
import { Button } from '../parts/button.tsx';
import { Choice, Field } from '../parts/field.tsx';
import { Modal } from '../parts/modal.tsx';
import { useConsole } from '../shell/context.ts';

/** Opens the conversation with a number, whether it exists or not. */
export function StartDialog(props: { open: boolean; onClose: () => void }) {
  const { inbox } = useConsole();
  const navigate = useNavigate();
  const [phone, setPhone] = createSignal('');
  const [name, setName] = createSignal('');
  const [phoneError, setPhoneError] = createSignal<string>();
  const [failure, setFailure] = createSignal<string>();
  const [isWorking, setWorking] = createSignal(false);
  const [numbers, setNumbers] = createSignal<readonly NumberView[]>([]);
  const [numberId, setNumberId] = createSignal<NumberId | null>(null);
  createEffect(() => {
    if (!props.open) return;
    setPhone('');
    setName('');
    setPhoneError(undefined);
    setFailure(undefined);
    void inbox.numbers().then(setNumbers);
  });

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setFailure(undefined);
    if (!PhoneNumber.safeParse(phone()).success) {
      setPhoneError(copy.start.phoneBad);
      return;
    }
    setWorking(true);
    try {
      const id = await inbox.start(phone(), name(), numberId());
      props.onClose();
      navigate(`/inbox/${id}`);
    } catch (error) {
      if (hasCode(error, 'request/invalid')) setPhoneError(copy.start.phoneBad);
      else setFailure(sentenceOf(error));
    } finally {
      setWorking(false);
    }
  };

  return (
    <Modal
      open={props.open}
      title={copy.start.title}
      lead={copy.start.lead}
      onClose={() => props.onClose()}
      data-testid="start-dialog"
    >
      <form noValidate onSubmit={(event) => void submit(event)}>
        <Field
          label={copy.start.phone}
          hint={copy.start.phoneHint}
          error={phoneError()}
          type="tel"
          autocomplete="off"
          autofocus
          data-testid="start-phone"
          value={phone()}
          onInput={(event) => {
            setPhone(event.currentTarget.value);
            setPhoneError(undefined);
          }}
        />
        <Field
          class="mt-3"
          label={copy.start.name}
          maxLength={100}
          autocomplete="off"
          data-testid="start-name"
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <Show when={numbers().length > 1}>
          <Choice
            class="mt-3"
            label={copy.start.from}
            value={numberId() ?? numbers()[0]?.id ?? ''}
            options={numbers().map(({ id, label, displayNumber }) => ({
              value: id,
              label: `${label} · ${displayNumber}`,
            }))}
            onChoose={(id) => setNumberId(numbers().find((number) => number.id === id)?.id ?? null)}
          />
        </Show>
        <Show when={failure()}>
          <p role="alert" class="mt-3 rounded-md bg-stop-soft px-3.5 py-2.5 text-base text-stop-text">
            {failure()}
          </p>
        </Show>
        <div class="mt-5 flex justify-end gap-2">
          <Button look="quiet" onClick={() => props.onClose()}>
            {copy.cancel}
          </Button>
          <Button type="submit" look="primary" working={isWorking()} data-testid="start-submit">
            {copy.start.submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
