import { readFileSync } from 'node:fs';
import { step, table } from '../../../control/call/machine.ts';
import type { CallState } from '../../../control/call/states.ts';
import { events, kinds, states } from './samples.ts';

export const readmePath = new URL('../../../control/call/README.md', import.meta.url);
const [start, end] = ['<!-- table: generated, see tests/control/call/readme.test.ts -->', '<!-- /table -->'];

const nameOf = (state: CallState): string => {
  const path = 'path' in state ? `, ${state.path.step}` : '';
  const desk = 'handler' in state && state.handler.presence !== 'here' ? `, desk ${state.handler.presence}` : '';
  const how = state.phase === 'ended' ? ` (${state.disposition})` : '';
  return `${state.phase}${path}${desk}${how}`;
};

/** The transition table as Markdown: every state of the samples times every event that is not ignored in it. */
function render(): string {
  const lines: string[] = [];
  for (const [name, state] of Object.entries(states)) {
    lines.push(`### ${name}`, '', '| event | leads to | commands |', '| --- | --- | --- |');
    const ignored: string[] = [];
    for (const kind of kinds) {
      const next = step(state, events[kind]);
      if (next.ignored) {
        if (kind in table[state.phase]) ignored.push(kind);
        continue;
      }
      const target = JSON.stringify(next.state) === JSON.stringify(state) ? '(noted)' : nameOf(next.state);
      lines.push(`| ${kind} | ${target} | ${next.commands.map((command) => `\`${command.do}\``).join(', ')} |`);
    }
    if (ignored.length > 0) lines.push('', `Has a cell in this phase, but is late here: ${ignored.join(', ')}.`);
    lines.push('');
  }
  return lines.join('\n');
}

/** The README as it should be now. */
export function currentReadme(): { readonly stored: string; readonly wanted: string } {
  const stored = readFileSync(readmePath, 'utf8');
  const before = stored.slice(0, stored.indexOf(start));
  const behind = stored.slice(stored.indexOf(end));
  return { stored, wanted: `${before}${start}\n\n${render()}\n${behind}` };
}
