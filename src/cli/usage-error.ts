/** The command line, or what it names, is wrong: the message says what to type instead, and the command ends with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
