/** Where the text of one exit list comes from. */
export interface ListText {
  /** For messages: holds no secret. */
  readonly name: string;
  /** The text as it came; null where it is the same as at the last reading. Never throws. */
  read(): Promise<ReadText>;
  /** Calls back whenever the text may have changed, until closed. The next call waits for the end of the last one. */
  watch(onMaybeChanged: () => Promise<void>): void;
  close(): void;
}

export type ReadText = { readonly bytes: Buffer | null } | { readonly problem: string };

/** About a million exits. */
export const LIST_BYTES_MAX: number = 64 * 1024 * 1024;
