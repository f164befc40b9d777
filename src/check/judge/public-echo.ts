import { isIP } from "node:net";
import { fieldValue, fieldValues } from "../../core/message.ts";
import { excerpt } from "../../wire/http1/excerpt.ts";
import { ipFromBytes } from "../../wire/ip-bytes.ts";
import { bytesOf, unmapped } from "../../wire/ip-mapped.ts";
import { decodeBody } from "./body-changes.ts";
import type { EchoHabits, JudgeAddress, Judged, JudgeRequest, JudgeResponse } from "./judged.ts";
import type { JudgeField, JudgePayload } from "./payload.ts";

/** What an echo service says that it saw. */
interface Echo {
  /** Whom it was asked by; null: it does not say. */
  readonly address: string | null;
  readonly fields: readonly JudgeField[];
}

/**
 * Reads what a public echo service answers: JSON (`origin`, `ip`, `headers`), lines of CGI variables (`REMOTE_ADDR = …`), or an address alone.
 * Nothing proves that it is the service's: only its habits speak for it.
 */
export function readEchoAnswer(sent: JudgeRequest, answer: JudgeResponse, { echo: habits, url }: JudgeAddress): Judged {
  const { status, fields } = answer;
  const none = { kind: "fake", payload: null, isSigned: false, addedFields: [] } as const;
  if (status >= 400) return { ...none, kind: "refused", lies: [] };
  const location = fieldValue(fields, "location");
  if (status >= 300 && location !== null) {
    const details = `${status} to ${excerpt(location.replace(/[?#].*$/s, "?..."))} came where ${url.host} had to answer`;
    return { ...none, lies: [{ fault: "honesty.redirected", details }] };
  }
  const text = decodeBody(answer).toString("latin1");
  const echo = readEcho(text);
  const missing = echo === null ? "no address and no field of a request is in it" : missingHabit(echo, text, sent, habits);
  if (echo === null || missing !== null) {
    const details = `${status} with ${text.length} bytes that are not the answer of ${url.host}: ${missing}`;
    return { ...none, lies: [{ fault: "honesty.fake_answer", details }] };
  }
  return { kind: "genuine", payload: payloadOf(sent, echo, habits), isSigned: false, lies: [], addedFields: [] };
}

/** How the service answered us, who know what was sent; null: it is no echo service. */
export function learnHabits(sent: JudgeRequest, answer: JudgeResponse): (EchoHabits & { readonly address: string | null }) | null {
  const text = decodeBody(answer).toString("latin1");
  const echo = answer.status === 200 ? readEcho(text) : null;
  if (echo === null) return null;
  const ownFields = echo.fields
    .filter(([name]) => fieldValues(sent.fields, name.toLowerCase()).length === 0)
    .map(([name]) => name.toLowerCase());
  return { address: echo.address, repeatsNonce: text.includes(sent.nonce), tellsFields: echo.fields.length > 0, ownFields };
}

function missingHabit({ address, fields }: Echo, text: string, { nonce }: JudgeRequest, habits: EchoHabits | null): string | null {
  if (habits?.repeatsNonce && !text.includes(nonce)) return "it does not repeat what was asked";
  if (habits?.tellsFields && fields.length === 0) return "it tells no field of the request";
  return address === null && fields.length === 0 ? "it tells nothing of the request" : null;
}

function payloadOf({ nonce, method, url, kind }: JudgeRequest, { address, fields }: Echo, habits: EchoHabits | null): JudgePayload {
  return {
    judge: 1,
    nonce,
    at: "",
    address: address ?? "",
    port: 0,
    // Where it is asked by address, that is its end of the socket.
    local: { host: plainAddress(url.hostname.replace(/^\[|\]$/g, "")) ?? "", port: 0 },
    method,
    target: `${url.pathname}${url.search}`,
    httpVersion: "1.1",
    fields: fields.filter(([name, value]) => !habits?.ownFields.includes(name.toLowerCase()) || value.includes(",")),
    bodyBytes: 0,
    bodySha256: "",
    tls: null,
    preamble: null,
    certificate: null,
    answer: [],
    kind,
  };
}

const ECHO_CHARS_MAX = 64 * 1024;

function readEcho(whole: string): Echo | null {
  const text = whole.slice(0, ECHO_CHARS_MAX).trim();
  const alone = plainAddress(text);
  if (alone !== null) return { address: alone, fields: [] };
  const echo = readJson(text) ?? readLines(text);
  return echo.address === null && echo.fields.length === 0 ? null : echo;
}

function readJson(text: string): Echo | null {
  if (!text.startsWith("{")) return null;
  try {
    const values = JSON.parse(text) as Record<string, unknown>;
    const headers = values["headers"];
    const fields = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
    return fromValues(
      Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
      fields.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)] as const)),
    );
  } catch {
    return null;
  }
}

/** `REMOTE_ADDR = 192.0.2.1`, `ip=192.0.2.1`, `Via: 1.1 cache`. */
function readLines(text: string): Echo {
  const values = text.split("\n").flatMap((line) => {
    const [start = "", name = ""] = LINE_START.exec(line) ?? [];
    const value = line.slice(start.length).trim();
    return name === "" || value.length > VALUE_CHARS_MAX ? [] : [[name, withoutQuotes(value.replace(LAST_TAG, ""))] as const];
  });
  const fields = values.filter(([name]) => name.startsWith("HTTP_")).map(([name, value]) => [fieldName(name), value] as const);
  return fromValues(values, fields);
}

const LINE_START = /^[^\w]*([A-Za-z][\w-]{0,63})\s*(?:=>?|:)/;
const LAST_TAG = /<[^<>]{0,20}>$/;
const VALUE_CHARS_MAX = 4096;

/** Whoever answers may send thousands of blanks: no pattern is to be tried from each of them. */
function withoutQuotes(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && BLANK.test(value.charAt(from))) from++;
  while (to > from && BLANK.test(value.charAt(to - 1))) to--;
  return value.slice(from, to);
}

const BLANK = /['"\s]/;

/** `HTTP_X_FORWARDED_FOR` as RFC 3875 4.1.18 makes it. */
function fieldName(variable: string): string {
  return variable
    .slice("HTTP_".length)
    .split("_")
    .map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`)
    .join("-");
}

function fromValues(values: readonly JudgeField[], fields: readonly JudgeField[]): Echo {
  const [name, list] = values.find(([key, value]) => ADDRESS_KEYS.test(key) && lastAddress(value) !== null) ?? ["", ""];
  // Who was asked through a proxy that names its client says both.
  const told = list.includes(",") ? [[name, list] as const] : [];
  return { address: lastAddress(list), fields: [...fields.slice(0, FIELDS_MAX), ...told] };
}

/** More than any server takes: each is held against all that was sent. */
const FIELDS_MAX = 200;

const ADDRESS_KEYS = /^(?:origin|ip|ip_?addr(?:ess)?|address|remote_?addr|client_?ip|query|your_?ip)$/i;

/** The nearest to the service stands last. */
function lastAddress(list: string): string | null {
  return plainAddress(list.split(",").at(-1) ?? "");
}

function plainAddress(text: string): string | null {
  const address = text.trim();
  const bytes = isIP(address) === 0 ? null : bytesOf(address);
  return bytes === null ? null : ipFromBytes(unmapped(bytes));
}
