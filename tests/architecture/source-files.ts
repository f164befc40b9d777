import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { blankOut } from "./blank-out.ts";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

interface Import {
  /** As written: `./ring.ts`, `node:net`, `zod`. */
  readonly specifier: string;
  /** The names between the braces, without `type` and `as`; empty for other forms. */
  readonly names: readonly string[];
}

export interface SourceFile {
  /** From `src/` on, with forward slashes: `wire/http1/body-reader.ts`. */
  readonly path: string;
  /** The first folder below `src/`; for `src/app.ts` it is `app`. */
  readonly room: string;
  /** Comments blanked out, strings kept. */
  readonly code: string;
  /** Comments and the insides of strings blanked out. */
  readonly bare: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript file below `src/`. */
export function readSourceFiles(): SourceFile[] {
  const src = `${ROOT}src`;
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(src, `${entry.parentPath}/${entry.name}`).replaceAll("\\", "/"))
    .sort()
    .map((path) => parseSource(path, readFileSync(`${src}/${path}`, "utf8")));
}

export function parseSource(path: string, text: string): SourceFile {
  const code = blankOut(text, "comments");
  const bare = blankOut(text, "literals");
  const room = path.includes("/") ? path.slice(0, path.indexOf("/")) : path.replace(/\.ts$/, "");
  return { path, room, code, bare, imports: readImports(path, blankOut(text, "templates")) };
}

const FROM = /^(?:import|export)\s([^;"]*?)\bfrom\s*"([^"]+)"/gm;
const BARE_OR_DYNAMIC = /\bimport\s*\(?\s*"([^"]+)"/g;
const BUILTIN = /\bconst\s([^;"=]*)=\s*process\.getBuiltinModule\("([^"]+)"\)/g;

/** Throws where the file names another module in a way that is not understood here, so that nothing slips through. */
function readImports(path: string, code: string): Import[] {
  const found: Import[] = [];
  for (const [, clause = "", specifier = ""] of code.matchAll(FROM)) found.push({ specifier, names: namesOf(clause) });
  for (const [, specifier = ""] of code.matchAll(BARE_OR_DYNAMIC)) found.push({ specifier, names: [] });
  const builtins = [...code.matchAll(BUILTIN)].map(([, clause = "", specifier = ""]) => ({ specifier, names: namesOf(clause) }));
  found.push(...builtins);
  const modules = [...code.matchAll(/"((?:\.{1,2}\/[^"\n]*\.ts|node:[a-z0-9_/]+))"/g)];
  const understood = found.filter(({ specifier }) => /^(?:\.|node:)/.test(specifier));
  const isOdd = /\brequire\s*\(|\bcreateRequire\b/.test(code) || (code.match(/\bgetBuiltinModule\b/g) ?? []).length !== builtins.length;
  if (modules.length !== understood.length || isOdd) {
    throw new Error(`src/${path} names ${modules.length} modules, but only ${understood.length} imports of modules were understood`);
  }
  return found;
}

function namesOf(clause: string): string[] {
  const [, inside = ""] = /\{([^}]*)\}/.exec(clause) ?? [];
  return inside
    .split(",")
    .map((name) =>
      name
        .trim()
        .replace(/^type\s+/, "")
        .replace(/(?:\s+as\s|\s*:\s).*$/, ""),
    )
    .filter((name) => name !== "");
}
