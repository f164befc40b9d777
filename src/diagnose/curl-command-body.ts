import { basename } from "node:path";
import { type CurlOption, valuesOf } from "./curl-command-options.ts";
import { BadCommand } from "./curl-command-problem.ts";

/** Reads a file that a command names; `-` is what is piped in. */
export type ReadFile = (path: string) => Buffer;

/** What a command sends in a body. */
export interface CurlBody {
  readonly bytes: Buffer;
  /** What curl takes where `-X` names none. */
  readonly method: "POST" | "PUT";
  /** Name, value, … that curl says of it. */
  readonly fields: readonly string[];
  /** To be put behind a URL that ends in `/`; empty: nothing. */
  readonly fileName: string;
}

/** Larger ones are nothing to ask who is at fault with. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * The body of `-d` and its kin, of `-F`, `--json` or `-T`; null: none.
 *
 * @throws BadCommand
 */
export function bodyOf(options: readonly CurlOption[], readFile: ReadFile): CurlBody | null {
  const given = [DATA, FORM, UPLOAD].filter((kind) => options.some(({ name }) => kind.has(name)));
  if (given.length > 1) throw new BadCommand("curl takes a body from -d, from -F or from -T, and not from two of them");
  const body = given[0] === DATA ? dataOf(options, readFile) : given[0] === FORM ? formOf(options, readFile) : uploadOf(options, readFile);
  if (body !== null && body.bytes.length > BODY_BYTES_MAX)
    throw new BadCommand(`the body is larger than ${BODY_BYTES_MAX} bytes: send less of it`);
  if (body !== null && valuesIn(body.bytes) > VALUES_MAX)
    throw new BadCommand(`the body has more than ${VALUES_MAX} values: send less of it`);
  return body;
}

/** In everything that comes back each of them is looked for, so that none is shown. */
const VALUES_MAX = 5000;

/** As many as a form, or an object in JSON, has at most. */
function valuesIn(bytes: Buffer): number {
  return Math.max(bytes.toString("latin1").split("&").length, bytes.toString("latin1").split('":').length);
}

/** What `--data-urlencode` makes of `name=text`, `=text`, `text`, `name@file` and `@file`. */
export function encodeData(value: string, readFile: ReadFile): string {
  const [, name = "", sign, text = ""] = /^([^=@]*)([=@])([\s\S]*)$/.exec(value) ?? [];
  if (sign === undefined) return percentEncoded(Buffer.from(value));
  const content = percentEncoded(sign === "=" ? Buffer.from(text) : readFile(text));
  return name === "" ? content : `${name}=${content}`;
}

const DATA: ReadonlySet<string> = new Set(["data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"]);
const FORM: ReadonlySet<string> = new Set(["form", "form-string"]);
const UPLOAD: ReadonlySet<string> = new Set(["upload-file"]);

function dataOf(options: readonly CurlOption[], readFile: ReadFile): CurlBody {
  const parts: Buffer[] = [];
  for (const { name, value } of options.filter((option) => DATA.has(option.name))) {
    const isFile = value.startsWith("@") && name !== "data-raw" && name !== "data-urlencode";
    const content = isFile ? readFile(value.slice(1)) : Buffer.from(value);
    const part =
      name === "data-urlencode" ? Buffer.from(encodeData(value, readFile)) : isFile && LINES.has(name) ? withoutLines(content) : content;
    if (parts.length > 0 && name !== "json") parts.push(Buffer.from("&"));
    parts.push(part);
  }
  const isJson = options.some(({ name }) => name === "json");
  const fields = isJson ? ["Content-Type", "application/json", "Accept", "application/json"] : ["Content-Type", FORM_TYPE];
  return { bytes: Buffer.concat(parts), method: "POST", fields, fileName: "" };
}

const FORM_TYPE = "application/x-www-form-urlencoded";
/** Files that these send lose their line ends. */
const LINES: ReadonlySet<string> = new Set(["data", "data-ascii"]);

function withoutLines(content: Buffer): Buffer {
  return Buffer.from(content.toString("latin1").replace(/[\r\n\0]/g, ""), "latin1");
}

/** All but the unreserved characters of RFC 3986, a space as `+`, as curl has it since 7.83. */
function percentEncoded(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[^\w.~-]/g, (char) => (char === " " ? "+" : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`));
}

const BOUNDARY = "------------------------goodgatewaydiagnose";

function formOf(options: readonly CurlOption[], readFile: ReadFile): CurlBody {
  const parts = options.flatMap(({ name, value }) => (FORM.has(name) ? formPart(value, name === "form-string", readFile) : []));
  const bytes = Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
  return { bytes, method: "POST", fields: ["Content-Type", `multipart/form-data; boundary=${BOUNDARY}`], fileName: "" };
}

/** `name=text`, `name=@file`, `name=<file`, with `;type=` and `;filename=` behind. */
function formPart(value: string, isPlain: boolean, readFile: ReadFile): Buffer[] {
  const [, name = "", text = ""] = /^([^=]*)=([\s\S]*)$/.exec(value) ?? [];
  if (name === "") throw new BadCommand("-F of curl wants name=content");
  const [, sign = "", rest = "", attributes = ""] = isPlain
    ? ["", "", text]
    : (/^([@<]?)([\s\S]*?)((?:;\s*(?:type|filename|headers|encoder)=[^;]*)*)$/.exec(text) ?? []);
  const attribute = (key: string) => new RegExp(`;\\s*${key}=("?)([^;]*?)\\1(?=;|$)`).exec(attributes)?.[2];
  const path = rest.replace(/^"(.*)"$/, "$1");
  const fileName = attribute("filename") ?? (sign === "@" ? basename(path) : undefined);
  const type = attribute("type") ?? (sign === "@" ? typeOf(fileName ?? path) : undefined);
  const head = [
    `--${BOUNDARY}`,
    `Content-Disposition: form-data; name="${quoted(name)}"${fileName === undefined ? "" : `; filename="${quoted(fileName)}"`}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
  ];
  return [Buffer.from(`${head.join("\r\n")}\r\n\r\n`), sign === "" ? Buffer.from(rest) : readFile(path), Buffer.from("\r\n")];
}

/** As curl guesses it from the name. */
function typeOf(fileName: string): string {
  return TYPES[/\.(\w+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ gif: "image/gif", jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", svg: "image/svg+xml", txt: "text/plain" },
  ...{ htm: "text/html", html: "text/html", pdf: "application/pdf", xml: "application/xml" },
};

function quoted(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function uploadOf(options: readonly CurlOption[], readFile: ReadFile): CurlBody | null {
  const path = valuesOf(options, "upload-file").at(0);
  if (path === undefined) return null;
  return {
    bytes: readFile(path === "." ? "-" : path),
    method: "PUT",
    fields: [],
    fileName: path === "-" || path === "." ? "" : basename(path),
  };
}
