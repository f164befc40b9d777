/** Where the demo writes: a stream, or what stands for one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of a terminal. */
  readonly columns?: number;
}

const WIDTH = 30;

/** A progress bar that redraws its line, on a terminal only. Call it once a step; it ends its line at the last. */
export function startProgress(output: Output, label: string, total: number): () => void {
  if (!output.isTTY) return () => {};
  let done = 0;
  const draw = () => {
    const filled = Math.round((WIDTH * done) / total);
    output.write(`\r${label}  [${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${done}/${total}`);
  };
  draw();
  return () => {
    done += 1;
    draw();
    if (done === total) output.write("\r\u001b[K"); // leave nothing behind
  };
}
