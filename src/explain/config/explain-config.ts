import type { Config } from "../../core/settings.ts";
import { parseApache } from "./apache-conf.ts";
import { readApache } from "./apache-findings.ts";
import { readHaproxy } from "./haproxy-findings.ts";
import type { Include } from "./includes.ts";
import { parseHaproxy, parseSquid } from "./line-configs.ts";
import { parseNginx } from "./nginx-conf.ts";
import { readNginx } from "./nginx-findings.ts";
import { readOwn } from "./own-findings.ts";
import type { ConfigReading, Finding, Wait } from "./setting.ts";
import { readSquid } from "./squid-findings.ts";

export type ConfigKind = "nginx" | "apache" | "haproxy" | "squid" | "goodgateway";

/** A config as it was read. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
  readonly include: Include;
  /** Loads it as a gateway would; only asked for a gateway's own. */
  readonly load: () => Config;
}

/** What was found in all of them together. */
export interface ExplainedConfigs {
  readonly kind: "configs";
  readonly files: readonly { readonly file: string; readonly kind: ConfigKind }[];
  /** Those that will cause failures first. */
  readonly findings: readonly Finding[];
}

/**
 * Says what in configs causes 502s before it does.
 *
 * @param texts from the client's side to the application's: each must wait longer than the next.
 * @throws BadConfigFile, and what `load` throws
 */
export function explainConfigs(texts: readonly ConfigText[]): ExplainedConfigs {
  const read = texts.map((one) => {
    const kind = kindOf(one);
    return { file: one.file, kind, reading: readOne(one, kind) };
  });
  const findings = [
    ...read.flatMap(({ reading }) => reading.findings),
    ...ladder(read.flatMap(({ reading }) => reading.wait ?? [])),
    ...races(read.map(({ reading }) => reading)),
  ];
  return {
    kind: "configs",
    files: read.map(({ file, kind }) => ({ file, kind })),
    findings: findings.toSorted((a, b) => Number(a.weight === "risk") - Number(b.weight === "risk")),
  };
}

function kindOf({ file, text }: ConfigText): ConfigKind {
  if (/\.ya?ml$/i.test(file)) return "goodgateway";
  if (/apache|httpd/i.test(file) || APACHE.test(text)) return "apache";
  if (/haproxy|\.cfg$/i.test(file) || /^[^\S\n]*(?:defaults|frontend|backend|listen)\b[^;{]*$/m.test(text)) return "haproxy";
  if (/squid/i.test(file) || /^[^\S\n]*(?:http_port|cache_peer|http_access|never_direct)\s/m.test(text)) return "squid";
  return "nginx";
}

const APACHE =
  /^[^\S\n]*(?:<(?:VirtualHost|IfModule|Directory|Location|Proxy|FilesMatch)\b|(?:LoadModule|ProxyPass(?:Match)?|ServerRoot|DocumentRoot|SSLProxyEngine|IncludeOptional)\s)/im;

function readOne({ file, text, include, load }: ConfigText, kind: ConfigKind): ConfigReading {
  switch (kind) {
    case "nginx":
      return readNginx(parseNginx(file, text, include));
    case "apache":
      return readApache(parseApache(file, text, include));
    case "haproxy":
      return readHaproxy(parseHaproxy(file, text));
    case "squid":
      return readSquid(parseSquid(file, text));
    case "goodgateway":
      return readOwn(file, text, load());
  }
}

/** Whoever is further out must wait longer, else it hangs up while the next still works, and nobody hears its answer. */
function ladder(waits: readonly Wait[]): Finding[] {
  return waits.slice(1).flatMap((inner, index): Finding[] => {
    const outer = waits[index] as Wait;
    if (outer.ms > inner.ms) return [];
    return [
      {
        where: outer.where,
        weight: "likely",
        what: `${outer.name} is ${outer.ms / 1000} s, and behind it ${inner.name} is ${inner.ms / 1000} s.`,
        why: "The outer one gives up first: its client gets a 504 of its own, and the inner one's answer, which would say why, is lost.",
        write: `${outer.name
          .replace(/ \(default\)$/, "")
          .split(" ")
          .at(-1)}: more than ${inner.ms / 1000} s, or less at ${inner.where.file}:${inner.where.line}`,
      },
    ];
  });
}

/** Whoever is further in must keep an idle connection longer, else it closes one just as a request goes out on it. */
function races(readings: readonly ConfigReading[]): Finding[] {
  return readings.slice(1).flatMap((inner, index): Finding[] => {
    const [outer, own] = [readings[index]?.keepsBackends ?? null, inner.keepsClients ?? null];
    if (outer === null || own === null || own.ms > outer.ms) return [];
    return [
      {
        where: own.where,
        weight: "likely",
        what: `${own.name} is ${own.ms / 1000} s, and in front of it ${outer.name} is ${outer.ms / 1000} s.`,
        why: "The inner one closes an idle connection just as a request goes out on it: a 502 now and then, mostly for POST, which is not repeated.",
        write: `${own.name
          .replace(/ \(default\)$/, "")
          .split(" ")
          .at(-1)}: more than ${outer.ms / 1000} s, or less at ${outer.where.file}:${outer.where.line}`,
      },
    ];
  });
}
