import type { Culprit, FaultId } from "../../core/fault.ts";
import type { LogFaultId } from "../../core/faults/log-only.ts";

/** Whose log a line is of; what is to change is named in its words. */
export type LogProgram =
  | "nginx"
  | "apache"
  | "haproxy"
  | "squid"
  | "tinyproxy"
  | "privoxy"
  | "envoy"
  | "traefik"
  | "caddy"
  | "varnish"
  | "lighttpd"
  | "alb"
  | "cloudfront"
  | "cloudflare"
  | "linkerd"
  | "gcp"
  | "azure"
  | "fly"
  | "go"
  | "cloudflared"
  | "heroku"
  | "app"
  | "goodgateway"
  | "access";

export type AnyFaultId = FaultId | LogFaultId;

/** What one line of a log says. Its texts are as they stand in the line: bytes, one character each. */
export interface LogEvent {
  /** Milliseconds of the log's own clock, read as if it were UTC; null: the line has no time. */
  readonly at: number | null;
  /** Null: nothing went wrong, or, where there are words, nothing that we know. */
  readonly fault: AnyFaultId | null;
  /** Where the line itself says who broke; null: it is who mostly does where this fault is. */
  readonly culprit: Culprit | null;
  readonly backend: string | null;
  /** What the client asked for: a URL, a host, a path. */
  readonly target: string | null;
  readonly client: string | null;
  readonly method: string | null;
  readonly status: number | null;
  /** From the request until it was over, as the line says. */
  readonly ms: number | null;
  /** The part of the line that tells what happened; empty where nothing did. */
  readonly words: string;
}

/** How the lines of one log are written. */
export interface LogFormat {
  /** As `--format` takes it, alone or before the first dash. */
  readonly id: string;
  readonly name: string;
  readonly program: LogProgram;
  /** Null: the line is none of this format. Never throws. */
  readonly read: (line: string) => LogEvent | null;
  /** Reads what other lines are wrapped in, or quoted in: asked only where no other format has read the line, nor anything in it. */
  readonly isLast?: boolean;
  /** Another format may read this line better, although the line before was of this one. */
  readonly isWide?: (line: string) => boolean;
}

const NOTHING: LogEvent = {
  at: null,
  fault: null,
  culprit: null,
  backend: null,
  target: null,
  client: null,
  method: null,
  status: null,
  ms: null,
  words: "",
};

/** A line with what it says; the rest is not in it. */
export function logEvent(said: Partial<LogEvent>): LogEvent {
  return { ...NOTHING, ...said };
}
