import { buildConsole } from './console.ts';
import { giveUp, step } from './steps.mjs';

/** `npm run build`: the console's pages, into ui/dist. `npm start` and `npm test` do it by themselves. */
try {
  await step('Console', buildConsole);
} catch (error) {
  giveUp(error);
}
