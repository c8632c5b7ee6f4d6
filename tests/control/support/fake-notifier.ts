import type { Notice, NoticeName } from '../../../control/contract/desk.ts';
import type { WorkspaceId } from '../../../control/contract/ids.ts';
import type { NotifierPort } from '../../../control/ports.ts';

type Told = { [N in NoticeName]: { readonly workspaceId: WorkspaceId; readonly name: N; readonly notice: Notice<N> } };

/** Remembers what desks were told. */
export class FakeNotifier implements NotifierPort {
  readonly told: Told[NoticeName][] = [];

  toWorkspace<N extends NoticeName>(workspaceId: WorkspaceId, name: N, notice: Notice<N>): void {
    this.told.push({ workspaceId, name, notice } as unknown as Told[N]);
  }

  async isDeskConnected(): Promise<boolean> {
    return true;
  }

  /** What was told under this name since the last time somebody asked. */
  take<N extends NoticeName>(name: N): Notice<N>[] {
    const taken = this.told.filter((one) => one.name === name);
    for (const one of taken) this.told.splice(this.told.indexOf(one), 1);
    return taken.map((one) => one.notice as unknown as Notice<N>);
  }
}
