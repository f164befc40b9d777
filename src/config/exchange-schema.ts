import { z } from "zod";
import type { Culprit, FaultId, Stage } from "../core/fault.ts";
import { FAULTS } from "../core/fault-table.ts";
import type { AttemptRecord, ExchangeRecord, Verdict } from "../core/ledger.ts";

/** JSON Schema of the record of an exchange: a log line, an answer of the admin API. */
export function exchangeJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(exchangeRecord), title: "The record of an exchange" };
}

/** The same as a check. */
export function isExchangeRecord(value: unknown): value is ExchangeRecord {
  return exchangeRecord.safeParse(value).success;
}

const STAGES: Readonly<Record<Stage, true>> = {
  request: true,
  select: true,
  dns: true,
  connect: true,
  handshake: true,
  tls: true,
  write: true,
  head: true,
  body: true,
  trailers: true,
  tunnel: true,
  reply: true,
};
const CULPRITS: Readonly<Record<Culprit, true>> = {
  client: true,
  gateway: true,
  exit: true,
  edge: true,
  origin: true,
  dns: true,
  network: true,
};

const faultId = z.enum(Object.keys(FAULTS) as FaultId[]);
const stage = z.enum(Object.keys(STAGES) as Stage[]);
const culprit = z.enum(Object.keys(CULPRITS) as Culprit[]);
const confidence = z.number().min(0).max(1);
const natural = z.int().min(0);
const ms = z.number().min(0);
const status = z.int().min(100).max(999);

const verdict: z.ZodType<Verdict> = z.strictObject({
  fault: faultId,
  culprit,
  confidence,
  stage,
  hop: natural.describe("1 = nearest to us; 0 where no hop is to name."),
  evidence: z.array(z.string()).describe("In words, strongest first."),
  fix: z.strictObject({ client: z.string(), operator: z.string() }),
});

const attempt: z.ZodType<AttemptRecord> = z.strictObject({
  route: z.array(z.string()).describe("host:port of each hop, nearest first, the target last."),
  exit: z.string().nullable().describe("The exit's id; null on a direct route."),
  nextHop: z.string(),
  reused: z.boolean().describe("On a socket that had served an earlier exchange."),
  stage,
  cancelled: z.boolean().describe("Another attempt beside it answered first."),
  fault: faultId.nullable().describe("Null where the attempt answered, or was cancelled."),
  culprit: culprit.nullable(),
  confidence: confidence.nullable(),
  details: z.string().nullable(),
  hop: natural,
  status: status.nullable(),
  bytesOut: natural,
  bytesIn: natural,
  firstBytes: z.string().nullable(),
  ms: z
    .strictObject({
      dns: ms.exactOptional(),
      connect: ms.exactOptional(),
      handshake: ms.exactOptional(),
      tls: ms.exactOptional(),
      write: ms.exactOptional(),
      head: ms.exactOptional(),
      body: ms.exactOptional(),
    })
    .describe("Milliseconds by stage; a stage that was not entered is absent."),
});

const exchangeRecord: z.ZodType<ExchangeRecord> = z.strictObject({
  id: z.string(),
  at: z.string().describe("ISO 8601, when the request's head was complete."),
  client: z.strictObject({ address: z.string(), user: z.string().nullable() }),
  protocol: z.enum(["http", "connect", "socks4", "socks5"]),
  method: z.string(),
  target: z.string(),
  outcome: z.enum(["ok", "rescued", "relayed", "failed", "aborted"]),
  status: status.nullable().describe("Sent to the client; null where none was."),
  verdict: verdict.nullable(),
  attempts: z.array(attempt),
  notes: z.array(z.string()).describe("What is no fault but worth knowing."),
  ms: ms.describe("From the complete head to the end of the reply or tunnel."),
  revised: z
    .array(z.strictObject({ attempt: z.int().min(1), from: culprit, to: culprit, reason: z.string() }))
    .describe("Verdicts on attempts that later evidence speaks against; absent: none.")
    .exactOptional(),
  bytesFromClient: natural,
  bytesToClient: natural,
});
