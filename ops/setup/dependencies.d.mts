/**
 * How node_modules differs from the lockfile, or undefined when it does not. npm leaves a lockfile of
 * what it installed as its last act, so an interrupted install shows too.
 */
export declare function difference(root: string): string | undefined;
