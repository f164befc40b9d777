/** Which exits a client wants: each key must match one of its values. */
export interface ExitFilter {
  /** One exit by its id; null: any. */
  readonly exit: string | null;
  /** Tag name (`country`, `city`, `tier`, `tag`, `pool`) to wanted values, lower case. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** A client key held to one exit: a soft one moves when the exit dies, a hard one does not. */
export interface SessionWant {
  readonly key: string;
  readonly hard: boolean;
  readonly durationMs: number;
}

/** What a client asks for in its user name (design: `name-country-de-session-abc`). */
export interface RequestParams {
  readonly filter: ExitFilter;
  readonly session: SessionWant | null;
  /** Only lowers `attempts.max`; null: not asked. */
  readonly maxAttempts: number | null;
  /** Only lowers `timeouts.total`; null: not asked. */
  readonly timeoutMs: number | null;
  /** An `http://` request goes out over TLS. */
  readonly overTls: boolean;
}

export const NO_PARAMS: RequestParams = {
  filter: { exit: null, tags: {} },
  session: null,
  maxAttempts: null,
  timeoutMs: null,
  overTls: false,
};
