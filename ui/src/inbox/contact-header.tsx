import { A } from '@solidjs/router';
import ArrowLeft from 'lucide-solid/icons/arrow-left';
import Phone from 'lucide-solid/icons/phone';
import ShieldCheck from 'lucide-solid/icons/shield-check';
import ShieldQuestion from 'lucide-solid/icons/shield-question-mark';
import ShieldX from 'lucide-solid/icons/shield-x';
import Hourglass from 'lucide-solid/icons/hourglass';
import { Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { ConversationView } from '../../../control/contract/views.ts';
import { copy } from '../copy.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Button } from '../parts/button.tsx';
import { Chip, type ChipTone } from '../parts/chip.tsx';
import { useNow } from '../parts/now.ts';
import { Tip } from '../parts/tip.tsx';
import { useConsole } from '../shell/context.ts';
import { contactName, readablePhone } from '../words/phone.ts';
import { dateTime, roughSpan } from '../words/time.ts';

/** Whom the thread is with, whether we may call, and the button that does. */
export function ContactHeader(props: { conversation: ConversationView }) {
  const name = () => contactName(props.conversation.contact, copy.unknownContact);
  const phone = () => {
    const digits = props.conversation.contact.phone;
    return digits === null || name() === readablePhone(digits) ? undefined : readablePhone(digits);
  };
  return (
    <header class="shrink-0 border-b border-line bg-surface">
      <div class="flex min-h-16 items-center gap-3 px-3 py-2.5 md:px-5">
        <A
          href="/inbox"
          class="-ms-1 inline-flex size-9 shrink-0 items-center justify-center rounded-md text-soft hover:bg-hover md:hidden"
          aria-label={copy.back}
        >
          <ArrowLeft size={20} class="rtl:-scale-x-100" aria-hidden />
        </A>
        <Avatar name={name()} seed={props.conversation.contact.id} />
        <div class="min-w-0 flex-1">
          <h2 class="figures truncate text-lg leading-5 font-semibold">
            <bdi>{name()}</bdi>
          </h2>
          <p class="figures mt-0.5 truncate text-sm text-soft">
            <Show when={phone()}>
              <span dir="ltr">{phone()}</span>
              <span class="max-sm:hidden"> · </span>
            </Show>
            <span class={phone() ? 'max-sm:hidden' : ''}>{copy.inbox.via(props.conversation.number.label)}</span>
          </p>
        </div>
        <div class="hidden sm:block">
          <PermissionChip conversation={props.conversation} />
        </div>
        <CallButton conversation={props.conversation} />
      </div>
      <div class="flex items-center gap-2 px-3 pb-2.5 text-xs text-soft sm:hidden">
        <PermissionChip conversation={props.conversation} />
        <span class="truncate">{copy.inbox.via(props.conversation.number.label)}</span>
      </div>
    </header>
  );
}

const chips = {
  none: { tone: 'plain', icon: ShieldQuestion },
  requested: { tone: 'brass', icon: Hourglass },
  temporary: { tone: 'go', icon: ShieldCheck },
  permanent: { tone: 'go', icon: ShieldCheck },
  declined: { tone: 'stop', icon: ShieldX },
} as const satisfies Record<ConversationView['permission']['status'], { tone: ChipTone; icon: unknown }>;

/** The customer's consent, with how long it lasts. */
export function PermissionChip(props: { conversation: ConversationView }) {
  const now = useNow(30_000);
  const permission = () => props.conversation.permission;
  const left = () => {
    const { expiresAt } = permission();
    return expiresAt === null ? undefined : Date.parse(expiresAt) - now();
  };
  /** Control says when it expired; until that comes, the chip does not lie. */
  const status = () => (permission().status === 'temporary' && (left() ?? 1) <= 0 ? 'none' : permission().status);
  const label = (): string => {
    const which = status();
    if (which !== 'temporary') return copy.permission[which];
    const ms = left();
    return ms === undefined ? copy.permission.temporaryOpen : copy.permission.temporary(roughSpan(ms));
  };
  const tip = (): string => {
    const which = status();
    const { expiresAt, requestBlockedBecause } = permission();
    const base =
      which === 'temporary'
        ? copy.permission.tips.temporary(expiresAt === null ? '' : dateTime(expiresAt))
        : copy.permission.tips[which];
    return requestBlockedBecause !== null && which !== 'temporary' && which !== 'permanent'
      ? `${base} ${requestBlockedBecause}`
      : base;
  };
  return (
    <Tip text={tip()} focusable>
      <Chip tone={chips[status()].tone} data-testid="permission-chip">
        <Dynamic component={chips[status()].icon} size={14} aria-hidden />
        {label()}
      </Chip>
    </Tip>
  );
}

/** Calls, or says in words why not; without consent it offers to ask for it. */
function CallButton(props: { conversation: ConversationView }) {
  const { desk } = useConsole();
  const callability = () => props.conversation.callability;
  const needsPermission = () => callability().because === 'no-permission';
  const reason = () => {
    if (desk.busy()) return copy.call.youAreBusy;
    return callability().allowed ? undefined : callability().text;
  };
  return (
    <Show
      when={needsPermission() && !desk.busy()}
      fallback={
        <Tip text={reason()} focusable={reason() !== undefined}>
          <Button
            look="primary"
            icon={Phone}
            disabled={reason() !== undefined}
            aria-label={copy.call.callName(contactName(props.conversation.contact, copy.unknownContact))}
            aria-description={reason()}
            data-testid="call-button"
            onClick={() => desk.dial(props.conversation.id)}
          >
            {copy.call.call}
          </Button>
        </Tip>
      }
    >
      <Tip text={callability().text} focusable>
        <Button
          look="outline"
          icon={Phone}
          disabled
          data-testid="call-button"
          class="max-md:hidden"
          aria-description={callability().text}
        >
          {copy.call.call}
        </Button>
      </Tip>
      <Button
        look={props.conversation.permission.canRequest ? 'primary' : 'outline'}
        icon={ShieldQuestion}
        aria-label={copy.permission.ask}
        data-testid="request-permission"
        onClick={() => desk.askPermission(props.conversation.id)}
      >
        <span class="max-sm:hidden">{copy.permission.ask}</span>
        <span class="sm:hidden">{copy.permission.askShort}</span>
      </Button>
    </Show>
  );
}
