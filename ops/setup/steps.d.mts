export declare const bold: (text: string) => string;
export declare const dim: (text: string) => string;
export declare const red: (text: string) => string;
export declare const green: (text: string) => string;
export declare const yellow: (text: string) => string;

/** What a person has to do before this machine can run Switchboard. Shown without a stack. */
export declare class SetupError extends Error {}

/**
 * Does one step of the set-up and says what it is, what it did and how long it took. `work` gets
 * `doing`, to be called with a few words before anything slow, and returns what it did or found.
 */
export declare function step<T extends string | { readonly did: string }>(
  title: string,
  work: (doing: (what: string) => void) => T | Promise<T>,
): Promise<T>;

/** Ends the process because of `error`, which is shown as a person can use it. */
export declare function giveUp(error: unknown): never;
