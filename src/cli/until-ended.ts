/** Resolves at SIGTERM or Ctrl-C; asked for before anything starts, since a signal meanwhile must not kill it half open. */
export function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      process.off("SIGTERM", end).off("SIGINT", end); // the next one ends the process at once
      resolve();
    };
    process.on("SIGTERM", end).on("SIGINT", end);
  });
}
