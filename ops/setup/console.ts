import { buildPages, consolePages } from './pages.ts';

/** Builds the console's pages into ui/dist, unless they were built from these very sources. */
export const buildConsole = (doing: (what: string) => void): Promise<string> => buildPages(consolePages, doing);
