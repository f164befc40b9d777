import { fieldValue, type RawFields } from "../core/message.ts";
import { quote } from "./claims/claim.ts";

/** What an edge's own answer says about why it failed, seen from the edge. */
export interface EdgeWords {
  /** A clause: "its origin refused TCP". */
  readonly words: string;
  /** The edge only reports what the application behind it did. */
  readonly isOrigins: boolean;
}

/** An answer that an edge made. */
export interface EdgeAnswer {
  readonly status: number;
  readonly fields: RawFields;
  /** The body's beginning as latin1. */
  readonly text: string;
}

/** Reads the inner cause out of an answer that the product `id` (of the fingerprints) made; null where it gives none. */
export function readEdgeWords(id: string, answer: EdgeAnswer): EdgeWords | null {
  return READERS[id]?.(answer) ?? null;
}

type Reader = (answer: EdgeAnswer) => EdgeWords | null;

const edges = (words: string): EdgeWords => ({ words, isOrigins: false });
const origins = (words: string): EdgeWords => ({ words, isOrigins: true });

const CLOUDFLARE: Readonly<Record<string, EdgeWords>> = {
  520: edges("its origin's answer was empty, malformed or too large (520)"),
  521: edges("its origin refused TCP (521)"),
  522: edges("its origin did not answer TCP in time (522)"),
  523: edges("no route leads to its origin (523)"),
  524: edges("its origin did not answer in time (524)"),
  525: edges("TLS with its origin failed (525)"),
  526: edges("its origin's certificate is not valid (526)"),
  1000: edges("its DNS points to a prohibited address (1000)"),
  1001: edges("its origin's name does not resolve (1001)"),
  1015: edges("it limits the rate (1015)"),
  1016: edges("its origin's name does not resolve (1016)"),
  1018: edges("it does not find the host (1018)"),
  1019: edges("it sees a loop (1019)"),
  1023: edges("it does not find the host (1023)"),
  1033: edges("its tunnel to the origin is down (1033)"),
  1101: origins("the site's worker threw an exception (1101)"),
  1102: origins("the site's worker reached its limits (1102)"),
  1200: edges("too many connections wait for the origin (1200)"),
};

function readCloudflare({ status, fields, text }: EdgeAnswer): EdgeWords | null {
  const code = (
    /^\d{4}$/.exec(fieldValue(fields, "cf-error-type") ?? "") ??
    /error code: (1\d{3})|Error[^>]{0,200}>?\s{0,20}(1[0-2]\d{2})\b/i.exec(text)
  )?.slice(-3);
  const inner = code?.find((part) => part !== undefined && /^\d{4}$/.test(part));
  const known = CLOUDFLARE[inner ?? ""] ?? CLOUDFLARE[status];
  if (known !== undefined) return known;
  if (status !== 502 && status !== 504) return null;
  if (/Unable to reach the origin service\. The service may be down/.test(text))
    return edges("its tunnel, cloudflared, could not reach the application behind it");
  // Its branded page reports the origin's own 502 or 504; the bare one is its own.
  if (/cf-error-details/.test(text)) return origins(`its origin answered ${status}`);
  return edges(`it could not use the origin's answer (${status})`);
}

function readCloudFront({ text }: EdgeAnswer): EdgeWords | null {
  if (/resolve the origin domain name/i.test(text)) return edges("its origin's name does not resolve");
  if (/wasn'?t able to connect to the origin|connection with the origin/i.test(text)) return edges("it could not connect to its origin");
  return null;
}

function readFastly({ text }: EdgeAnswer): EdgeWords | null {
  const title = /<h1>Error \d{3} ([^<]+)<\/h1>/i.exec(text);
  return title === null ? null : edges(`it says ${quote(title[1] as string, 80)}`);
}

/** Envoy's flags, which DigitalOcean passes on in a field. */
const DIGITALOCEAN: Readonly<Record<string, EdgeWords>> = {
  UH: edges("no instance of the application is healthy (UH)"),
  UF: edges("it could not connect to the application (UF)"),
  UC: edges("the application closed the connection (UC)"),
  UT: edges("the application did not answer in time (UT)"),
  UO: edges("too many requests wait for the application (UO)"),
  UPE: edges("the application's answer was no valid HTTP (UPE)"),
};

function readDigitalOcean({ fields }: EdgeAnswer): EdgeWords | null {
  const code = fieldValue(fields, "x-do-failure-code") ?? "";
  const message = fieldValue(fields, "x-do-failure-msg");
  return DIGITALOCEAN[code] ?? (message === null ? null : edges(`it says ${quote(message, 80)}`));
}

/** Its error codes name the part of it that failed; a policy that failed is the API's own. */
function readApigee({ text }: EdgeAnswer): EdgeWords | null {
  const [, code = ""] = /"errorcode":\s*"([\w.]{1,100})"/.exec(text) ?? [];
  const [, reason] = /"reason":\s*"(\w{1,60})"/.exec(text) ?? [];
  const words = `it says ${code}${reason === undefined ? "" : `, ${reason}`}`;
  return /^(?:steps|policies)\./.test(code) ? origins(words) : edges(words);
}

function readIis({ status, text }: EdgeAnswer): EdgeWords | null {
  if (status === 503) return edges("its application pool is stopped, or its queue is full (http.sys)");
  const code = /HTTP Error (50[02]\.\d\d?) - /.exec(text)?.[1];
  return code === undefined ? null : origins(`the application behind it did not start (${code})`);
}

/** The number in front of an Akamai reference. */
const AKAMAI: Readonly<Record<string, string>> = {
  1: "its origin did not answer in time",
  3: "its origin closed the connection",
  4: "writing to its origin failed",
  6: "it could not connect to its origin",
  9: "its configuration is wrong",
  18: "its rules deny this",
};

function readAkamai({ text }: EdgeAnswer): EdgeWords | null {
  const number = /Reference(?:&#32;|\s)(?:&#35;|#)(\d+)(?:&#46;|\.)/.exec(text)?.[1];
  const words = AKAMAI[number ?? ""];
  return words === undefined ? null : edges(`${words} (reference ${number})`);
}

function readVercel({ fields }: EdgeAnswer): EdgeWords | null {
  const code = fieldValue(fields, "x-vercel-error");
  if (code === null) return null;
  return /^(?:FUNCTION_INVOCATION|EDGE_FUNCTION|NO_RESPONSE_FROM_FUNCTION)/.test(code)
    ? origins(`the site's function failed (${quote(code, 60)})`)
    : edges(quote(code, 60));
}

function readEnvoy({ text }: EdgeAnswer): EdgeWords | null {
  const reason = /reset reason: ([^\r\n]{1,160})/.exec(text)?.[1];
  if (reason !== undefined) return edges(`its upstream failed: ${quote(reason)}`);
  if (text.startsWith("no healthy upstream")) return edges("no upstream of it is healthy");
  if (text.startsWith("upstream request timeout")) return edges("its upstream did not answer in time");
  return null;
}

function readApache({ text }: EdgeAnswer): EdgeWords | null {
  const reason = /Reason: <strong>([\s\S]{1,200}?)<\/strong>/.exec(text)?.[1];
  if (reason !== undefined) return edges(`its backend failed: ${quote(reason.replace(/<[^<>]*>/g, " "), 80)}`);
  return APACHE_PAGES.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

const APACHE_PAGES: readonly (readonly [RegExp, EdgeWords])[] = [
  [/did not receive a timely response/, edges("its backend did not answer in time")],
  [/received an invalid\s+response from an upstream server/, edges("its backend's answer was no valid HTTP")],
  [/temporarily unable to service your\s+request/, edges("no backend of it accepts connections, or it is closed for maintenance")],
  [/encountered an internal error or\s+misconfiguration/, edges("a module, script or setting of its own failed, as its error log says")],
];

function readVarnish({ text }: EdgeAnswer): EdgeWords | null {
  const title = /<h1>Error \d{3} ([^<]+)<\/h1>/i.exec(text);
  return title === null ? null : edges(`it says ${quote(title[1] as string, 80)}`);
}

function byStatus(words: Readonly<Record<number, string>>): Reader {
  return ({ status }) => {
    const known = words[status];
    return known === undefined ? null : edges(known);
  };
}

const GATEWAY_WORDS = {
  502: "its backend refused, broke off or sent nothing usable",
  503: "it has no backend that serves",
  504: "its backend did not answer in time",
} as const;

const READERS: Readonly<Record<string, Reader>> = {
  cloudflare: readCloudflare,
  cloudfront: readCloudFront,
  fastly: readFastly,
  akamai: readAkamai,
  vercel: readVercel,
  digitalocean: readDigitalOcean,
  apigee: readApigee,
  iis: readIis,
  passenger: () => origins("the application could not be started, or broke off"),
  "azure-app-service": () => origins("the application did not start or is stopped"),
  envoy: readEnvoy,
  apache: readApache,
  varnish: readVarnish,
  nginx: byStatus(GATEWAY_WORDS),
  openresty: byStatus(GATEWAY_WORDS),
  angie: byStatus(GATEWAY_WORDS),
  tengine: byStatus(GATEWAY_WORDS),
  caddy: byStatus(GATEWAY_WORDS),
  traefik: byStatus(GATEWAY_WORDS),
  litespeed: byStatus({ ...GATEWAY_WORDS, 503: "the application behind it is busy, or crashed" }),
  "weblogic-plugin": byStatus({ ...GATEWAY_WORDS, 503: "none of its servers accepts connections, or answers in time" }),
  haproxy: byStatus({ ...GATEWAY_WORDS, 502: "its backend sent no valid answer", 503: "none of its backends is up" }),
  "aws-alb": byStatus({ ...GATEWAY_WORDS, 503: "no target is registered with it" }),
};
