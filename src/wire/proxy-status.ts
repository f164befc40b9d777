import { isInnerList, type Parameters, parseList, serializeBareItem, serializeKey, Token } from "structured-headers";
import type { Culprit, FaultId, ProxyErrorType, RfcParams, Stage } from "../core/fault.ts";

/** What one member of our own Proxy-Status says. What is absent or null is not told. */
export interface ProxyStatusStory {
  /** The config's `name`. */
  readonly name: string;
  readonly error?: ProxyErrorType | null;
  readonly receivedStatus?: number | null;
  readonly nextHop?: string | null;
  readonly fault?: FaultId | null;
  readonly culprit?: Culprit | null;
  /** 0 to 1. */
  readonly confidence?: number | null;
  readonly stage?: Stage | null;
  /** 1 = nearest to us; only where the route has more than one hop. */
  readonly hop?: number | null;
  readonly exit?: string | null;
  readonly attempts?: number | null;
  readonly requestId?: string | null;
  /** Extra parameters of the error type. */
  readonly params?: RfcParams;
  readonly details?: string | null;
}

/**
 * One member of a Proxy-Status field (RFC 9209): `goodgateway; error=connection_refused; next-hop="192.0.2.10:8080"; …`.
 * Always a valid structured field (RFC 8941); strings are cut to 512 bytes of printable ASCII.
 */
export function formatProxyStatus(story: ProxyStatusStory): string {
  const member = [tokenOrString(story.name)];
  const add = (key: string, value: string | null) => value !== null && member.push(`${key}=${value}`);

  add("error", told(story.error, token));
  add("received-status", told(story.receivedStatus, integer));
  add("next-hop", told(story.nextHop, string));
  add("fault", told(story.fault, token));
  add("culprit", told(story.culprit, token));
  add("confidence", told(story.confidence, decimal));
  add("stage", told(story.stage, token));
  add("hop", told(story.hop, integer));
  add("exit", told(story.exit, tokenOrString));
  add("attempts", told(story.attempts, integer));
  add("request-id", told(story.requestId, string));
  for (const [key, value] of Object.entries(story.params ?? {})) {
    add(serializeKey(key), typeof value === "number" ? integer(value) : string(value));
  }
  add("details", told(story.details, string));
  return member.join("; ");
}

/** One member of a received Proxy-Status. A claim of whoever sent it, not a fact. */
export interface ProxyStatusMember {
  readonly name: string;
  readonly error: string | null;
  readonly receivedStatus: number | null;
  readonly nextHop: string | null;
  readonly details: string | null;
  /** All parameters, those above included. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The members of a received Proxy-Status, the one nearest to the origin first; null where it is not a structured field.
 * Lenient where vendors are: `error` may be a String, and bytes beyond ASCII are replaced.
 */
export function parseProxyStatus(value: string): ProxyStatusMember[] | null {
  try {
    return parseList(value.replace(/[^\x20-\x7e]/g, "?"))
      .filter((member) => !isInnerList(member))
      .map(([name, parameters]) => toMember(String(name), parameters));
  } catch {
    return null;
  }
}

function toMember(name: string, parameters: Parameters): ProxyStatusMember {
  const params: Record<string, string | number | boolean> = {};
  for (const [key, value] of parameters) {
    params[key] = typeof value === "number" || typeof value === "boolean" ? value : String(value);
  }
  const text = (key: string) => (params[key] === undefined ? null : String(params[key]));
  const status = Number(params["received-status"]);
  return {
    name,
    error: text("error"),
    receivedStatus: Number.isInteger(status) ? status : null,
    nextHop: text("next-hop"),
    details: text("details"),
    params,
  };
}

const STRING_BYTES_MAX = 512;

function told<T>(value: T | null | undefined, serialize: (value: T) => string): string | null {
  return value === null || value === undefined ? null : serialize(value);
}

function token(text: string): string {
  return serializeBareItem(new Token(text));
}

function string(text: string): string {
  return serializeBareItem(text.replace(/[^\x20-\x7e]/g, "?").slice(0, STRING_BYTES_MAX));
}

// An exit's id or a gateway's name reads better bare, but may start with a digit, which no token does.
function tokenOrString(text: string): string {
  return /^[A-Za-z*][\w:/!#$%&'*+\-.^`|~]*$/.test(text) && text.length <= STRING_BYTES_MAX ? token(text) : string(text);
}

function integer(value: number): string {
  return serializeBareItem(Math.trunc(value));
}

// RFC 8941 3.3.2: a Decimal keeps its point, so that readers of `confidence` see one type.
function decimal(value: number): string {
  const text = String(Math.round(value * 1000) / 1000);
  return text.includes(".") ? text : `${text}.0`;
}
