// Plain JavaScript that Node 20 runs: it speaks before Node 24 is there.

const terminal = process.stdout.isTTY && process.env['CI'] === undefined;
const colour = (code, text) => (terminal ? `\u001B[${code}m${text}\u001B[0m` : text);

export const bold = (text) => colour(1, text);
export const dim = (text) => colour(2, text);
export const red = (text) => colour(31, text);
export const green = (text) => colour(32, text);
export const yellow = (text) => colour(33, text);

/** What a person has to do before this machine can run Switchboard. Shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/**
 * Does one step of the set-up and says what it is, what it did and how long it took. `work` gets
 * `doing`, to be called with a few words before anything slow, and returns what it did or found.
 */
export async function step(title, work) {
  const since = performance.now();
  const seconds = () => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const line = (mark, text) => `  ${mark} ${title.padEnd(18)} ${text}`;
  let ticker;
  const doing = (what) => {
    clearInterval(ticker);
    if (!terminal) {
      console.log(line('…', what));
      return;
    }
    const draw = () => process.stdout.write(`\r\u001B[K${line('…', `${what} ${dim(seconds())}`)}`);
    draw();
    ticker = setInterval(draw, 200);
  };
  const end = (mark, text) => {
    clearInterval(ticker);
    if (terminal) process.stdout.write('\r\u001B[K');
    console.log(line(mark, `${text} ${dim(`(${seconds()})`)}`));
  };
  try {
    const result = await work(doing);
    end(green('✔'), typeof result === 'string' ? result : result.did);
    return result;
  } catch (error) {
    end(red('✘'), 'failed');
    throw error;
  }
}

/** Ends the process because of `error`, which is shown as a person can use it. */
export function giveUp(error) {
  // A refusal of the system (permission denied, no space) says itself what it is about.
  const isPlain = error instanceof Error && (error.name === 'SetupError' || error.syscall !== undefined);
  if (isPlain) console.error(`\n${red(error.message)}\n`);
  else console.error(error);
  process.exit(error?.exitCode ?? 1);
}
