// The config file's grammar. What a value means beyond its form (a file that must exist, an address) is for resolve.ts.
import { z } from "zod";
import { attempts, hedge, pacing } from "./attempts-schema.ts";
import { checkItem } from "./check-schema.ts";
import { exitList } from "./exits-schema.ts";
import type { ConfigFile } from "./file.ts";
import { limits, timeouts, tolerances } from "./limits-schema.ts";
import { allow, listenItem, users } from "./listen-schema.ts";
import { pool, prices, tiers } from "./pool-schema.ts";
import { rulesItem } from "./rules-schema.ts";
import { duration, expected, onOff, text } from "./schema-values.ts";

const targets = z.strictObject({
  addresses: z
    .enum(["auto", "public", "any"], expected("one of auto, public, any"))
    .describe("auto: any on loopback, else public ones only.")
    .exactOptional(),
  tunnelPorts: z.array(z.int().min(1).max(65535)).describe("Ports for CONNECT and SOCKS; empty: all.").exactOptional(),
  remoteDns: z
    .enum(["check", "allow"], expected("check or allow"))
    .describe("check: names are resolved here and their addresses checked. allow: the exit resolves.")
    .exactOptional(),
});

const circuit = z.strictObject({
  failures: z.int().min(0).max(64).describe("Exits through which a target must fail; 0: it is always asked.").exactOptional(),
  kins: z.int().min(1).max(64).describe("Networks or providers that those exits are of.").exactOptional(),
  window: duration.describe("What is older does not count.").exactOptional(),
  probe: duration.describe("Until one request finds out whether it is back; doubled by each that fails.").exactOptional(),
  probeMax: duration.describe("The longest time between two of these.").exactOptional(),
  control: text
    .transform((word) => (word === "never" || word === "direct" ? word : { tag: word.toLowerCase() }))
    .describe("What decides in doubt: never, direct, or the tag of the exits to ask through.")
    .exactOptional(),
});

const log = z.strictObject({
  format: z.enum(["text", "json"], expected("text or json")).describe("Lines for people or for programs.").exactOptional(),
  query: z.enum(["keep", "drop"], expected("keep or drop")).describe("Query values in logs and records.").exactOptional(),
});

const admin = z.strictObject({
  address: text.describe("host:port.").exactOptional(),
  token: text.describe("What readers send as Authorization: Bearer TOKEN; needed off loopback.").exactOptional(),
});

const DIRECT = expected("one of never, fallback, only");
const ADMIN = expected("off, an address, or { address, token }");

const configFile: z.ZodType<ConfigFile> = z.strictObject({
  name: text
    .max(128)
    .regex(/^[\x21-\x7e]+$/, expected("printable ASCII without spaces"))
    .describe("In Proxy-Status and Via; name each of several gateways in a row.")
    .exactOptional(),
  listen: z
    .union([listenItem, z.array(listenItem).min(1, "needs at least one address")], expected("an address or a list of them"))
    .describe("Where clients connect.")
    .exactOptional(),
  admin: z.union([text, admin], ADMIN).describe("Where health, metrics and records are served; or off.").exactOptional(),
  direct: z
    .enum(["never", "fallback", "only", "always"], DIRECT)
    .transform((mode) => (mode === "always" ? "only" : mode))
    .describe("Whether to connect without an exit.")
    .exactOptional(),
  bypass: z.array(text).describe("Hosts and networks that go direct, as in NO_PROXY.").exactOptional(),
  exits: z
    .array(z.union([text, exitList], expected("an exit, or { file: … } or { url: … }")))
    .describe("Exits and lists of them.")
    .exactOptional(),
  users: users.exactOptional(),
  allow: allow.exactOptional(),
  attempts: attempts.exactOptional(),
  rules: rulesItem.describe("What to make of answers and faults: rules by name, ready-made ones on or off.").exactOptional(),
  pool: pool.describe("Which exits are taken.").exactOptional(),
  check: checkItem.describe("What each exit must pass before it is used, and now and then after that.").exactOptional(),
  tiers: tiers.describe("Kinds of exits, the cheapest first: a target is moved up where one is not enough.").exactOptional(),
  prices: prices.describe("Tier to what its traffic costs per GiB.").exactOptional(),
  pacing: pacing.describe("What exits and targets get at most.").exactOptional(),
  hedge: hedge.describe("A second attempt beside a slow one.").exactOptional(),
  timeouts: timeouts.exactOptional(),
  limits: limits.exactOptional(),
  tolerances: tolerances.describe("What responses may do that RFC 9112 lets a recipient accept.").exactOptional(),
  targets: targets.describe("Which targets listeners let through.").exactOptional(),
  circuit: circuit.describe("When a target counts as down.").exactOptional(),
  proxyStatus: z
    .enum(["failures", "always", "never"], expected("one of failures, always, never"))
    .describe("When the Proxy-Status field is sent; failures: on failures and rescues.")
    .exactOptional(),
  via: onOff.describe("Send a Via field.").exactOptional(),
  firstFlightReplay: onOff.describe("Replay a tunnel's ClientHello through another exit when nothing came back.").exactOptional(),
  ca: z
    .union([text, z.array(text)], expected("a PEM file or a list of them"))
    .describe("Authorities to trust besides Node's own.")
    .exactOptional(),
  log: log.exactOptional(),
});

/** Where and why a value is not what the schema wants, as zod reports it. */
export type SchemaIssue = z.core.$ZodIssue;

/** Checks the form of a config file's value and reads its units. */
export function readConfigFile(value: unknown): { file: ConfigFile } | { issues: readonly SchemaIssue[] } {
  const result = configFile.safeParse(value);
  return result.success ? { file: result.data } : { issues: result.error.issues };
}

/** JSON Schema of the config file as it is written, without defaults. */
export function configFileSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configFile, { io: "input" });
}
