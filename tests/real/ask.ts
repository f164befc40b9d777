import assert from "node:assert/strict";
import { DEFAULTS } from "../../src/config/defaults.ts";
import type { ExchangeRecord } from "../../src/core/ledger.ts";
import type { ExitSnapshot } from "../../src/pool/snapshot.ts";
import { type ProxyStatusMember, parseProxyStatus } from "../../src/wire/proxy-status.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "../gateway/lab-gateway.ts";
import { curl, type Finished, proxyUrl } from "./run-command.ts";

/** A request of curl's, and what became of it on both sides. */
export interface Asked {
  readonly client: Finished;
  readonly record: ExchangeRecord;
  /** Our own member in what curl was answered; null without one. */
  readonly member: ProxyStatusMember | null;
  readonly exits: readonly ExitSnapshot[];
}

/** Nobody has listened on tcpmux for decades: TCP is refused. */
export const REFUSING = "127.0.0.1:1";

/** One attempt, so that the first failure is the one that is told. */
const ONE_ATTEMPT = { attempts: { ...DEFAULTS.attempts, max: 1, exits: 1 } } as const;

/** curl asks a gateway of its own for a URL, and prints every head that it sees. */
export async function ask(args: readonly string[], options: LabGatewayOptions): Promise<Asked> {
  await using gateway = await startLabGateway({ ...options, exchange: { ...ONE_ATTEMPT, ...options.exchange } });
  const client = await curl(proxyUrl("http", gateway.address), ["-i", ...args]);
  const record = await gateway.nextRecord();
  assertNoBug(gateway);
  const member = ownMember(client.stdout);
  if (record.verdict !== null && record.status !== 200) assertToldAlike(client, record, member);
  return { client, record, member, exits: exitsOf(gateway) };
}

/** A bench may last a few milliseconds, and be over before curl is: what counts is that there was one. */
function exitsOf({ gateway, events }: LabGateway): ExitSnapshot[] {
  const benched = new Set(events.map((event) => (event.type === "hop-changed" && event.to === "benched" ? event.exit : null)));
  return gateway.pool.snapshot().map((exit) => (benched.has(exit.id) ? { ...exit, state: "benched" } : exit));
}

/**
 * A GET and a CONNECT over one exit for each of the targets (`host:port`, or with a path), by name. Each is told in a line:
 * `502 connect.refused by exit, exit benched`, `relayed relay.edge_5xx by edge, exit healthy`, or `200, exit healthy`.
 */
export async function tellAll(
  exit: string,
  targets: Readonly<Record<string, string>>,
  options: LabGatewayOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const asked = Object.entries(targets).flatMap(([name, target]) => [
    [`GET ${name}`, ask([`http://${target}`], { exits: [exit], ...options })] as const,
    [`CONNECT ${name}`, ask(["--proxytunnel", `http://${target}`], { exits: [exit], ...options })] as const,
  ]);
  const told = await Promise.all(asked.map(async ([name, one]) => [name, tell(await one)] as const));
  return Object.fromEntries(told);
}

/** Without the status where somebody else chose it: programs change theirs from version to version. */
export function tell({ record: { status, outcome, verdict }, exits: [exit] }: Asked): string {
  const seen = outcome === "relayed" ? outcome : status;
  const blame = verdict === null ? "" : ` ${verdict.fault} by ${verdict.culprit}`;
  return `${seen}${blame}, ${exit === undefined ? "direct" : `exit ${exit.state}`}`;
}

/** The client hears what the ledger says, and its id leads back there. */
function assertToldAlike({ stdout }: Finished, record: ExchangeRecord, member: ProxyStatusMember | null): void {
  const { verdict, id, status, outcome } = record;
  const { fault, culprit, confidence } = member?.params ?? {};
  assert.deepEqual({ fault, culprit, confidence }, pick(verdict), stdout);
  assert.equal(member?.params["request-id"], id);
  if (outcome === "failed") assert.match(stdout, new RegExp(`^HTTP/1\\.1 ${status} .*\\(${verdict?.fault} ${id}\\)\r$`, "m"));
}

function pick(verdict: ExchangeRecord["verdict"]) {
  return { fault: verdict?.fault, culprit: verdict?.culprit, confidence: verdict?.confidence };
}

function ownMember(heads: string): ProxyStatusMember | null {
  const values = [...heads.matchAll(/^Proxy-Status: (.*)\r$/gim)].map(([, value]) => value as string);
  const members = values.flatMap((value) => parseProxyStatus(value) ?? []);
  return members.findLast(({ name }) => name === "goodgateway") ?? null;
}

/** A bug is told as a warning: nothing that a real program does may bring one up. */
export function assertNoBug({ events }: LabGateway): void {
  const warnings = events.filter(({ type }) => type === "warning");
  assert.deepEqual(warnings, []);
}
