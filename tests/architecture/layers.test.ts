import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { readSourceFiles, type SourceFile } from "./source-files.ts";

/** Who may import whom. Every room may import itself and `core`; types count like anything else. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  wire: [],
  blame: ["wire"],
  pool: ["blame"],
  net: ["wire"],
  exchange: ["pool", "blame", "net", "wire"],
  forward: ["exchange", "net", "wire"],
  check: ["exchange", "pool", "blame", "net", "wire"],
  diagnose: ["exchange", "pool", "blame", "net", "wire"],
  explain: ["blame", "wire", "config"],
  sources: ["net", "wire"],
  lab: ["net", "wire"],
  observe: [],
  config: ["wire"],
  admin: ["exchange", "pool", "observe", "net", "wire"],
  app: ["wire", "blame", "pool", "net", "exchange", "forward", "check", "sources", "observe", "config", "admin"],
  demo: ["lab", "app"],
  cli: ["app", "check", "diagnose", "explain", "config", "demo"],
  index: ["app", "config", "demo"],
};

/** Rooms that serve a user directly: what two of them share belongs into `core`, handed over by `app`. */
const FEATURES = ["forward", "check", "sources", "lab", "observe", "config"];

/** Each library has one room. */
const LIBRARIES: Readonly<Record<string, string>> = {
  commander: "cli",
  "mmdb-lib": "check",
  "structured-headers": "wire",
  yaml: "config",
  zod: "config",
};

const files = readSourceFiles();

/** The room of a relative import; null for Node's own modules and libraries. */
function roomOf(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const path = posix.join(posix.dirname(file.path), specifier);
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : path.replace(/\.ts$/, "");
}

test("sees the whole source, so that the rules below mean something", () => {
  const imports = files.reduce((sum, file) => sum + file.imports.length, 0);
  assert.ok(files.length >= 170, `only ${files.length} files`);
  assert.ok(imports >= 650, `only ${imports} imports`);
  const rooms = new Set(files.map((file) => file.room));
  assert.deepEqual([...rooms].sort(), Object.keys(MAY_IMPORT).sort());
});

test("every import goes to a room that the importing one may know", () => {
  const wrong = files.flatMap((file) =>
    file.imports.flatMap(({ specifier }) => {
      const room = roomOf(file, specifier);
      if (room === null || room === file.room || room === "core" || MAY_IMPORT[file.room]?.includes(room)) return [];
      return [`src/${file.path} imports ${specifier}: ${file.room} may not know ${room}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test("every relative import names a file that exists, with its ending", () => {
  const known = new Set(files.map((file) => file.path));
  const missing = files.flatMap((file) =>
    file.imports
      .filter(({ specifier }) => specifier.startsWith(".") && !known.has(posix.join(posix.dirname(file.path), specifier)))
      .map(({ specifier }) => `src/${file.path} imports ${specifier}`),
  );
  assert.deepEqual(missing, []);
});

test("the table lets no feature know another, and has no circle", () => {
  for (const feature of FEATURES) {
    assert.deepEqual(
      (MAY_IMPORT[feature] ?? []).filter((room) => FEATURES.includes(room)),
      [],
      feature,
    );
  }
  const reaches = (from: string, to: string): boolean => (MAY_IMPORT[from] ?? []).some((room) => room === to || reaches(room, to));
  for (const room of Object.keys(MAY_IMPORT)) assert.ok(!reaches(room, room), room);
});

test("each library is used, and in its one room alone", () => {
  const uses = files.flatMap((file) =>
    file.imports
      .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
      .map(({ specifier }) => ({ library: specifier, room: file.room, path: file.path })),
  );
  assert.deepEqual(
    uses.filter(({ library, room }) => LIBRARIES[library] !== room),
    [],
  );
  assert.deepEqual([...new Set(uses.map(({ library }) => library))].sort(), Object.keys(LIBRARIES).sort());
});
