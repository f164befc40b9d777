/**
 * Resolves at SIGTERM or Ctrl-C; asked for before anything starts, since a signal meanwhile must not kill it half open.
 *
 * @param others signals that end it too: SIGHUP, where a terminal that is closed would leave something behind.
 */
export function untilEnded(...others: readonly NodeJS.Signals[]): Promise<void> {
  const signals = ["SIGTERM", "SIGINT", ...others] as const;
  return new Promise((resolve) => {
    const end = () => {
      for (const signal of signals) process.off(signal, end); // the next one ends the process at once
      resolve();
    };
    for (const signal of signals) process.on(signal, end);
  });
}
