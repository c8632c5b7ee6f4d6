import type { EventOf, Kind } from './events.ts';
import type { Move } from './moves.ts';
import type { Phase, StateOf } from './states.ts';

/**
 * One column of the transition table. A missing cell means: late or doubled in that phase (Meta
 * repeats and reorders, people click twice), so it is recorded and ignored, never thrown.
 */
export type Rules<P extends Phase> = { readonly [K in Kind]?: (state: StateOf<P>, event: EventOf<K>) => Move };
