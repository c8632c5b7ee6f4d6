/** The promise, or an error that says what did not happen in time. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves as soon as `holds` does; looked at every few milliseconds, since media has no event for it. */
export async function until(ms: number, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** Lets time pass where silence is what is tested. */
export const forMs = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Fails the whole file when it takes longer; called off by the returned function. */
export function failAfter(ms: number): () => void {
  const timer = setTimeout(() => {
    process.stderr.write(`the test file hung for ${ms} ms\n`);
    process.exit(1);
  }, ms);
  return () => clearTimeout(timer);
}
