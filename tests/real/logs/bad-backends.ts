import { BAD_ANSWERS, type BadAnswer } from "../../../src/lab/bad-answers.ts";
import { afterHead, fin, says } from "../../../src/lab/behaviours.ts";
import { createAuthority } from "../../../src/lab/certificates.ts";
import { startFullBacklog } from "../../../src/lab/full-backlog.ts";
import { formatAnswer } from "../../../src/lab/lab-http.ts";
import { type Behaviour, type LabTls, startLabServer } from "../../../src/lab/lab-server.ts";
import { badTls } from "../../../src/lab/tls-trouble.ts";
import { REFUSING } from "../ask.ts";

/** What a gateway's backends do wrong, each at an address of its own. */
export interface BadBackends extends AsyncDisposable {
  /** `host:port` of the backend that does so. */
  readonly at: (what: Wrong) => string;
  /** What the backend at an address does; null: none of these. */
  readonly nameOf: (address: string) => Wrong | null;
  /** Who signed those certificates that are only wrong in something else, as PEM. */
  readonly ca: string;
}

export type Wrong = BadAnswer | Served | "refusing" | "full" | "unresolvable" | TlsTrouble;
type TlsTrouble = "expired" | "wrongName" | "selfSigned" | "wantsCertificate";

type Served = "ok" | "application500" | "application503" | "application429";
const SERVED: Readonly<Record<Served, Behaviour>> = {
  ok: answers(200),
  application500: answers(500),
  application503: answers(503),
  application429: answers(429),
};

function answers(status: number): Behaviour {
  return afterHead(says(formatAnswer(status, { "Content-Type": "text/plain", Connection: "close" }, "as it is\n"), fin));
}

/** What a backend does over TLS. */
export const ENCRYPTED: readonly Wrong[] = ["silence", "expired", "wrongName", "selfSigned", "wantsCertificate"];

/** The backends among the names of stories, but for those over TLS. */
export function backendsOf(stories: Readonly<Record<string, string>>): readonly Wrong[] {
  return Object.keys(stories).filter((name): name is Wrong => CLEAR.has(name));
}

const CLEAR: ReadonlySet<string> = new Set([...Object.keys(BAD_ANSWERS), ...Object.keys(SERVED), "refusing", "full", "unresolvable"]);
const TLS_NAME = "backend.test";
const OK = answers(200);

export async function startBadBackends(): Promise<BadBackends> {
  const authority = createAuthority();
  const { expired, wrongName, selfSigned, wantsCertificate } = badTls(authority, TLS_NAME);
  const encrypted: Readonly<Record<TlsTrouble, LabTls>> = { expired, wrongName, selfSigned, wantsCertificate };
  const behaviours: readonly (readonly [Wrong, Behaviour, LabTls | null])[] = [
    ...Object.entries(BAD_ANSWERS).map(([name, behave]) => [name as Wrong, afterHead(behave), null] as const),
    ...Object.entries(SERVED).map(([name, behave]) => [name as Wrong, behave, null] as const),
    ...Object.entries(encrypted).map(([name, tls]) => [name as Wrong, OK, tls] as const),
  ];
  const servers = await Promise.all(behaviours.map(async ([name, behave, tls]) => [name, await startLabServer(behave, tls)] as const));
  const full = await startFullBacklog();
  const addresses = new Map<Wrong, string>([
    ["refusing", REFUSING],
    ["unresolvable", "nothing.invalid:80"],
    ["full", `127.0.0.1:${full.port}`],
    ...servers.map(([name, { port }]) => [name, `127.0.0.1:${port}`] as const),
  ]);
  return {
    at: (what) => addresses.get(what) as string,
    nameOf: (address) => [...addresses].find(([, one]) => one === address)?.[0] ?? null,
    ca: authority.cert,
    async [Symbol.asyncDispose]() {
      await Promise.all([full[Symbol.asyncDispose](), ...servers.map(([, server]) => server[Symbol.asyncDispose]())]);
    },
  };
}
