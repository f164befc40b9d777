import type { KeyObject } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { HostPort } from "../../core/address.ts";
import { ipFromBytes } from "../../wire/ip-bytes.ts";
import { bytesOf, unmapped } from "../../wire/ip-mapped.ts";
import { answerFields } from "./answer-fields.ts";
import { dress } from "./dress.ts";
import { type JudgeField, type JudgeKind, type JudgePayload, writePayload } from "./payload.ts";
import { signPayload } from "./signature.ts";
import type { SlowReaders } from "./slow-readers.ts";

/** Who answers. */
export interface JudgeVoice {
  /** Private, or shared: such a one is never told. */
  readonly key: KeyObject;
  readonly certificate: string;
  /** By which the judge can be reached, as far as it knows. */
  addresses(): readonly HostPort[];
  readonly slowReaders: SlowReaders;
  /** What its connection began with; null: HTTP or TLS. */
  preambleOf(socket: Socket): string | null;
}

/** A request as it reached its judge. */
export type Received = Pick<JudgePayload, "method" | "target" | "httpVersion" | "fields" | "bodyBytes" | "bodySha256">;

/** What a judge answers: what it saw, signed. The fields are its own, and the body's length. */
export interface JudgeAnswer {
  readonly fields: readonly JudgeField[];
  readonly body: Buffer;
}

/** @param socket whose other end asked */
export function composeAnswer({ key, certificate, preambleOf }: JudgeVoice, socket: Socket, received: Received): JudgeAnswer {
  const asked = readTarget(received.target);
  const kind = kindOf(asked.pathname);
  const nonce = nonceOf(asked);
  const answer = answerFields(kind, nonce);
  const payload = writePayload({
    judge: 1,
    nonce,
    at: new Date().toISOString(),
    address: plain(socket.remoteAddress ?? ""),
    port: socket.remotePort ?? 0,
    local: { host: plain(socket.localAddress ?? ""), port: socket.localPort ?? 0 },
    ...received,
    tls: socket instanceof TLSSocket ? tlsOf(socket) : null,
    preamble: preambleOf(socket),
    certificate,
    answer,
    kind,
  });
  const body = dress(kind, { payload, signature: signPayload(payload, key) });
  return { fields: [...answer, ["Content-Length", String(body.length)]], body };
}

/** A target in origin-form, or in absolute-form, in which proxies are asked. */
export function readTarget(target: string): { readonly pathname: string; readonly search: string } {
  const relative = target.replace(/^https?:\/\/[^/?#]*/i, "");
  const at = relative.indexOf("?");
  return at < 0 ? { pathname: relative, search: "" } : { pathname: relative.slice(0, at), search: relative.slice(at + 1) };
}

function kindOf(pathname: string): JudgeKind {
  if (pathname.endsWith(".js")) return "script";
  if (pathname.endsWith(".png")) return "picture";
  return /\.(?:exe|bin|zip)$/.test(pathname) ? "download" : "page";
}

/** `nonce` is for people, `id` and the path for those who do not want to look as if they asked a judge. */
function nonceOf({ pathname, search }: ReturnType<typeof readTarget>): string {
  const plainId = PLAIN_ID.exec(search)?.[1];
  if (plainId !== undefined) return plainId;
  if (search === "") return NONCE_IN_PATH.exec(pathname)?.[1] ?? "";
  const parameters = new URLSearchParams(search);
  const nonce = parameters.get("nonce") ?? parameters.get("id") ?? "";
  return NONCE.test(nonce) ? nonce : "";
}

const NONCE = /^[\w-]{1,128}$/;
/** As checks ask. */
const NONCE_IN_PATH = /\/([0-9a-f]{32})\/[^/]*$/;
const PLAIN_ID = /^id=([\w-]{1,128})$/;

function tlsOf(socket: TLSSocket): JudgePayload["tls"] {
  // Node's types have no `servername`; without SNI it is false.
  const { servername } = socket as TLSSocket & { servername?: string | false };
  return { servername: servername || null, protocol: socket.getProtocol() ?? "", alpn: socket.alpnProtocol || null };
}

/** IPv4-mapped ones as IPv4. */
function plain(address: string): string {
  const bytes = address.includes(":") ? bytesOf(address) : null;
  return bytes === null ? address : ipFromBytes(unmapped(bytes));
}
