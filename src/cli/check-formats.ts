import { type Candidate, writeCandidate } from "../check/candidates.ts";
import type { CheckResult } from "../check/check-result.ts";
import { bestOf, latencyOf } from "./check-order.ts";

export const FORMATS = ["json", "csv", "txt"] as const;
/** How results are written for programs. */
export type Format = (typeof FORMATS)[number];

/** What stands above all results. */
export function writeHead(format: Format): string {
  return format === "csv" ? `${Object.keys(CSV).join(",")}\n` : "";
}

/** One result, in one line; without a password but in `txt`, which is an exit list. @param candidate null: of an earlier run. */
export function writeResult(format: Format, result: CheckResult, candidate: Candidate | null): string {
  if (format === "json") return `${JSON.stringify(result)}\n`;
  if (format === "txt") return candidate === null ? "" : `${writeCandidate(candidate, bestOf(result.protocols))}\n`;
  return `${Object.values(CSV)
    .map((read) => quote(read(result)))
    .join(",")}\n`;
}

type Cell = string | number | boolean | null | undefined;

/** The columns of CSV. */
const CSV: Readonly<Record<string, (result: CheckResult) => Cell>> = {
  proxy: ({ proxy }) => proxy,
  state: ({ state }) => state,
  protocols: ({ protocols }) => protocols.join(" "),
  latency_ms: latencyOf,
  connect_ms: ({ ms }) => ms?.connect,
  tls_ms: ({ ms }) => ms?.tls,
  handshake_ms: ({ ms }) => ms?.handshake,
  first_byte_ms: ({ ms }) => ms?.firstByte,
  anonymity: ({ anonymity }) => anonymity.level,
  honesty: ({ honesty }) => honesty.verdict,
  lies: ({ honesty }) => honesty.lies.map(({ fault }) => fault).join(" "),
  http: ({ can }) => can.http.ok,
  https: ({ can }) => can.https.ok,
  connect: ({ can }) => can.connect.ok,
  connect_other: ({ can }) => can.connectOther.ok,
  ipv6: ({ can }) => can.ipv6.ok,
  remote_dns: ({ can }) => can.remoteDns.ok,
  keep_alive: ({ can }) => can.keepAlive.ok,
  exit_addresses: ({ exitAddresses }) => exitAddresses.join(" "),
  rotates: ({ rotates }) => rotates,
  country: ({ country }) => country,
  network: ({ network }) => network,
  target_ok: ({ target }) => target?.ok,
  target_status: ({ target }) => target?.status,
  bytes_per_second: ({ bytesPerSecond }) => bytesPerSecond,
  fault: ({ fault }) => fault?.id,
  culprit: ({ fault }) => fault?.culprit,
  stage: ({ fault }) => fault?.stage,
  details: ({ fault }) => fault?.details,
  source: ({ source }) => source,
  line: ({ line }) => line,
  at: ({ at }) => at,
};

// RFC 4180. A cell that a proxy's words begin with = + - or @ would be a formula to a spreadsheet.
function quote(cell: Cell): string {
  if (typeof cell !== "string") return cell === null || cell === undefined ? "" : String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
