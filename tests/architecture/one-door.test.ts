// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are source text
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSource, readSourceFiles, type SourceFile } from "./source-files.ts";

/** The only files that write a request head to a hop: hop-by-hop and smuggling rules cannot be bypassed. One for each protocol. */
const DOORS = ["wire/http1/request-writer.ts", "wire/http-connect.ts"];

/** They play clients, exits and targets, and never carry a user's request. */
const STAGE_ROOMS = ["lab", "demo"];

/**
 * A string or template that is, or completes, a request line: `GET / HTTP/1.1`, `${target} HTTP/1.1`, `" HTTP/1.1\r\n"`. One that
 * is all of a call's argument, as in `endsWith(" HTTP/1.1")`, or is only measured, reads.
 */
const REQUEST_LINE = /\} HTTP\/1\.|["'`] HTTP\/1\.(?!\d["'`](?:\s*\)|\.length))|\b[A-Z]{3,} [^\s"'`]+ HTTP\/1\./;

function writesRequestLine(file: SourceFile): boolean {
  return REQUEST_LINE.test(file.code);
}

const files = readSourceFiles().filter((file) => !STAGE_ROOMS.includes(file.room));

test("sees every file that could write to a hop", () => {
  assert.ok(files.length >= 130, `only ${files.length} files`);
});

test("each door writes a request line, and no other file does", () => {
  assert.deepEqual(
    files.filter(writesRequestLine).map((file) => file.path),
    [...DOORS].sort(),
  );
});

/** A judge serves with Node's own server: it tells what came, and is no hop. */
const NO_CLIENTS: ReadonlySet<string> = new Set(["STATUS_CODES", "createServer", "Server", "IncomingMessage", "ServerResponse"]);

test("no file sends requests with a client that writes its own heads", () => {
  const wrong = files.flatMap((file) => {
    if (["admin", "sources", "cli"].includes(file.room)) return [];
    const clients = file.imports.filter(
      ({ specifier, names }) =>
        /^(?:node:https?|node:http2|undici)$/.test(specifier) && (names.length === 0 || names.some((name) => !NO_CLIENTS.has(name))),
    );
    const found = clients.map(({ specifier }) => specifier);
    if (/(?<![.\w$])fetch\s*\(/.test(file.bare)) found.push("fetch");
    return found.map((what) => `src/${file.path}: ${what}`);
  });
  assert.deepEqual(wrong, []);
});

test("the writer of request heads is what the exchange goes through", () => {
  const users = files.filter((file) => file.imports.some(({ specifier }) => specifier.endsWith("/request-writer.ts")));
  assert.ok(users.length >= 1);
});

test("the check finds a request line in every spelling, and no prose", () => {
  const finds = (text: string) => writesRequestLine(parseSource("net/x.ts", text));
  for (const text of [
    "socket.write(`GET ${path} HTTP/1.1\\r\\n`);",
    "const head = new HeadText(`${method} ${target} HTTP/1.1`);",
    'const line = method + " " + target + " HTTP/1.1\\r\\n";',
    'socket.write("OPTIONS * HTTP/1.0\\r\\n\\r\\n");',
  ]) {
    assert.ok(finds(text), text);
  }
  for (const text of [
    '// writes "GET / HTTP/1.1"',
    'const fix = "Enable HTTP/1.1 at the peer.";',
    "const line = `HTTP/1.1 ${status} ${reason}`;",
    'if (line.endsWith(" HTTP/1.1")) return 1;',
    'const end = line.length - " HTTP/1.1".length;',
  ]) {
    assert.ok(!finds(text), text);
  }
});
