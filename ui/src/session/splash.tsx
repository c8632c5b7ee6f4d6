import PlugZap from 'lucide-solid/icons/plug-zap';
import { copy } from '../copy.ts';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';
import { Logo } from '../parts/logo.tsx';

/** While the server says who is signed in. */
export function Splash() {
  return (
    <div class="flex h-full items-center justify-center bg-panel" role="status">
      <span class="animate-pulse">
        <Logo size={44} />
      </span>
      <span class="sr-only">{copy.login.checking}</span>
    </div>
  );
}

/** The server did not answer the first question. */
export function Unreachable(props: { onRetry: () => void }) {
  return (
    <main class="h-full">
      <Empty icon={PlugZap} title={copy.line.unreachableTitle} text={copy.line.unreachableText}>
        <Button look="primary" onClick={() => props.onRetry()}>
          {copy.retry}
        </Button>
      </Empty>
    </main>
  );
}
