import TriangleAlert from 'lucide-solid/icons/triangle-alert';
import { onMount } from 'solid-js';
import { copy } from '../copy.ts';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/empty.tsx';

/** A bug of ours: said plainly, with the way out. */
export function Broken(props: { error: unknown }) {
  // For whoever is asked to look: the browser's console is the only log there is here.
  onMount(() => reportError(props.error));
  return (
    <main class="h-full">
      <Empty icon={TriangleAlert} title={copy.line.unknownFault} text={copy.line.brokenPage}>
        <Button look="primary" onClick={() => location.reload()}>
          {copy.line.reload}
        </Button>
      </Empty>
    </main>
  );
}
