import { formatHostPort } from "../core/address.ts";
import type { Exit, ExitHop, ExitScheme } from "../core/route.ts";
import { exitRoute } from "../wire/exit-line.ts";
import { isIdempotent } from "../wire/http1/idempotent.ts";
import { isStrange } from "./fault-kinds.ts";
import { inClearText, otherWays } from "./other-ways.ts";
import { nowhereTests } from "./own-pages.ts";
import type { Question, TestResult, TestSpec } from "./question.ts";
import { requestTest, shownExit } from "./request-spec.ts";

/** At most so many tests may send something to the target. */
export const TARGET_REQUESTS_MAX = 12;
/** Exits of a list that are compared with. */
const OTHERS_MAX = 3;

/**
 * All tests that are wanted, given those that have ended: the runner starts what it has not started yet. The most telling come first.
 *
 * @param late those that others have overtaken by far: what a failure of theirs would call for is begun at once
 */
export function planTests(question: Question, ended: readonly TestResult[], late: readonly TestSpec[] = []): readonly TestSpec[] {
  const first = firstTests(question);
  const byId = new Map(ended.map((result) => [result.spec.id, result]));
  const more = ended.flatMap((result) => followUps(question, result, byId));
  return [...first, ...more, ...late.flatMap((spec) => closerLooks(question, spec)), ...nowhereTests(question, ended, late)];
}

/** Those that may reach the target count, and beyond the limit none of them is run. */
export function reachesTarget({ kind, part, exit }: TestSpec): boolean {
  if (part === "nowhere" || (kind === "certificate" && exit !== null)) return false;
  return kind === "request" || kind === "certificate" || kind === "tunnel";
}

function firstTests(question: Question): TestSpec[] {
  const { via, direct, url } = question;
  const known = new Set(via.map(exitRoute));
  const others = question.exits.filter((exit) => !known.has(exitRoute(exit))).slice(0, OTHERS_MAX);
  const names = direct && question.place === null && /[a-z]/i.test(url.hostname.replace(/^\[.*\]$/, "")) ? nameTests(question) : [];
  const routes: (Exit | null)[] = [...via, ...others];
  if (direct) routes.splice(Math.min(1, via.length), 0, null);
  // Whatever changes something is sent once, over the route that the user goes; the others are asked for the same page.
  return [
    ...names,
    ...routes.map((exit, index) => {
      const part = exit === null ? "direct" : via.includes(exit) ? "via" : "other";
      const method = index === 0 || isIdempotent(question.method) ? question.method : "GET";
      return requestTest(question, exit, part, { method, of: null, id: exit === null ? "direct" : `${part} ${exitRoute(exit)}` });
    }),
  ];
}

function nameTests({ url }: Question): TestSpec[] {
  const common = { part: "name", exit: null, of: null, method: "", tunnel: false, sni: true } as const;
  return [
    { ...common, id: "resolve", kind: "resolve", route: "the system's resolver", request: url.hostname, url },
    { ...common, id: "name-server", kind: "name-server", route: "the name servers", request: `${url.hostname} A`, url },
  ];
}

function followUps(question: Question, result: TestResult, byId: ReadonlyMap<string, TestResult>): TestSpec[] {
  const { spec, outcome } = result;
  if (outcome === "fault" && spec.part === "hop-alone" && spec.exit !== null) return protocolTests(question, result, spec.exit);
  if (outcome !== "fault" || spec.kind !== "request" || (spec.part !== "direct" && spec.part !== "via")) return [];
  const repeat =
    isIdempotent(spec.method) && !isSettled(result)
      ? [requestTest(question, spec.exit, "repeat", { id: `again ${spec.id}`, of: spec.id, method: spec.method, prefix: "again: " })]
      : [];
  const others = otherWays(question, result);
  if (spec.exit === null) return [...repeat, ...certificateTests(question, result), ...others];
  const certificates = certificateTests(question, result);
  if (spec.exit.hops.length > 1) return [...linkTests(question, spec, spec.exit), ...certificates, ...repeat];
  return [...certificates, ...protocolTests(question, result, spec.exit), ...tunnelTests(question, result, byId), ...repeat, ...others];
}

/** What tells where on its way a route is silent. */
function closerLooks(question: Question, spec: TestSpec): TestSpec[] {
  if (spec.exit === null) return inClearText(question, spec);
  return spec.exit.hops.length > 1 ? linkTests(question, spec, spec.exit) : protocolsAt(question, spec, spec.exit);
}

/** No second try tells more. */
function isSettled({ attributed }: TestResult): boolean {
  const id = attributed?.fault.id ?? "";
  return (
    id.startsWith("dns.n") ||
    id.startsWith("handshake.auth") ||
    id === "handshake.not_a_proxy" ||
    id.startsWith("tls.cert") ||
    id.endsWith("timeout")
  );
}

function certificateTests({ url }: Question, result: TestResult): TestSpec[] {
  const { attributed, spec } = result;
  if (spec.exit !== null) return attributed?.role === "exit" ? certificateOfExit(result, spec.exit, attributed.hop) : [];
  if (url.protocol !== "https:" || !attributed?.fault.id.startsWith("tls.")) return [];
  const common = { kind: "certificate", part: "certificate", exit: null, of: "direct", url, method: "", tunnel: false } as const;
  return [
    { ...common, id: "certificate", route: "direct", request: `TLS with ${url.host}, any certificate`, sni: true },
    { ...common, id: "certificate without name", route: "direct", request: `TLS with ${url.host} without SNI`, sni: false },
  ];
}

/** Of the exit whose own certificate is not accepted, or of the hop of a chain. */
function certificateOfExit({ spec, attributed }: TestResult, exit: Exit, place: number): TestSpec[] {
  const hops = exit.hops.slice(0, place);
  const last = hops.at(-1);
  if (last === undefined || !attributed?.fault.id.startsWith("tls.cert")) return [];
  const open: Exit = { ...exit, hops: [...hops.slice(0, -1), { ...last, insecure: true }] };
  const common = { kind: "certificate", part: "certificate", of: spec.id, url: spec.url, method: "", tunnel: false, sni: true } as const;
  const request = `TLS with ${formatHostPort(last)}, any certificate`;
  return [{ ...common, id: `certificate of ${spec.id}`, exit: open, route: shownExit(exit), request }];
}

/** Each hop of a chain on its own, asked for what it does in the chain, and growing beginnings of it. */
function linkTests(question: Question, spec: TestSpec, chain: Exit): TestSpec[] {
  const method = isIdempotent(spec.method) ? spec.method : "GET";
  const { hops } = chain;
  const alone = hops.map((hop, index) =>
    requestTest(question, { ...chain, hops: [hop] }, "hop-alone", {
      ...{ id: `hop ${index + 1} of ${spec.id}`, of: spec.id, method, tunnel: question.tunnel || index < hops.length - 1 },
      prefix: `hop ${index + 1} alone: `,
    }),
  );
  const prefixes = hops.slice(1, -1).map((_, index) =>
    requestTest(question, { ...chain, hops: hops.slice(0, index + 2) }, "prefix", {
      ...{ id: `first ${index + 2} of ${spec.id}`, of: spec.id, method },
      prefix: `hops 1 to ${index + 2}: `,
    }),
  );
  return [...alone, ...prefixes];
}

/** Who resolves the site's name for SOCKS: this machine, as most exit lists have it, or the exit, where the site is not to be asked from here. */
const SCHEMES: readonly ExitScheme[] = ["http", "https", "socks5", "socks4"];
const SCHEMES_FROM_AFAR: readonly ExitScheme[] = ["http", "https", "socks5h", "socks4a"];
const USUAL_PORTS: readonly number[] = [80, 1080, 3128, 8080];
const SOCKS_PORT = 1080;

/** An exit that answers strangely may speak another protocol than its line says; one that refuses TCP may listen at another port. */
function protocolTests(question: Question, { spec, attributed }: TestResult, exit: Exit): TestSpec[] {
  const isPort = attributed?.role === "exit" && attributed.fault.id === "connect.refused";
  if (!isPort && !isStrange({ attributed })) return [];
  return [...(isPort ? [] : protocolsAt(question, spec, exit)), ...(question.ports ? portsBeside(question, spec, exit) : [])];
}

function protocolsAt(question: Question, spec: TestSpec, exit: Exit): TestSpec[] {
  const [{ scheme: own, port }] = exit.hops as readonly [ExitHop];
  const schemes = (question.direct ? SCHEMES : SCHEMES_FROM_AFAR).filter((scheme) => versionOf(scheme) !== versionOf(own));
  return schemes.map((scheme) => probe(question, spec, exit, { part: "protocol", scheme, port }));
}

function portsBeside(question: Question, spec: TestSpec, exit: Exit): TestSpec[] {
  const socks = question.direct ? "socks5" : "socks5h";
  return USUAL_PORTS.filter((port) => port !== exit.hops[0]?.port).map((port) =>
    probe(question, spec, exit, { part: "port", scheme: port === SOCKS_PORT ? socks : "http", port }),
  );
}

interface Probe {
  readonly part: "protocol" | "port";
  readonly scheme: ExitScheme;
  readonly port: number;
}

/** A tunnel through the same exit, asked for in another protocol or at another port. */
function probe({ url }: Question, of: TestSpec, exit: Exit, { part, scheme, port }: Probe): TestSpec {
  const [hop] = exit.hops as readonly [ExitHop];
  const other: Exit = { ...exit, hops: [{ ...hop, scheme, port, insecure: true }] };
  const id = `${part} ${exitRoute(other)} of ${of.id}`;
  const asked = { kind: "tunnel", exit: other, of: of.id, url, method: "", tunnel: true, sni: true } as const;
  return { ...asked, id, part, route: `as ${shownExit(other)}`, request: `a tunnel to ${url.hostname}` };
}

/** Whoever resolves names. */
function versionOf(scheme: ExitScheme): string {
  return scheme.replace(/[ah]$/, "");
}

/** The same inside a tunnel, where no proxy can have made the answer. */
function tunnelTests(question: Question, { spec, status }: TestResult, byId: ReadonlyMap<string, TestResult>): TestSpec[] {
  const scheme = spec.exit?.hops.at(-1)?.scheme ?? "";
  const isPlain = question.url.protocol === "http:" && scheme.startsWith("http") && !spec.tunnel;
  if (!isPlain || status === null || status < 500 || !isIdempotent(spec.method) || byId.get("direct")?.outcome === "fault") return [];
  return [
    requestTest(question, spec.exit, "in-tunnel", {
      id: `tunnelled ${spec.id}`,
      of: spec.id,
      method: spec.method,
      tunnel: true,
      prefix: "by CONNECT: ",
    }),
  ];
}
