import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Env, substituteEnv } from "../wire/env-value.ts";
import { ConfigError, type ConfigPath, type ConfigProblem, tellProblem } from "./config-error.ts";

/** A config file's YAML: its value, and where in the file each part of it stands. */
export class ConfigDocument {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #document: Document;

  /** Throws ConfigError where the text is no YAML. */
  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = new LineCounter();
    this.#document = parseDocument(maskVariables(text), { lineCounter: this.#lines, prettyErrors: false });
    const errors = this.#document.errors.map((error) => `${this.#place(error.pos[0])}: ${unmaskVariables(error.message)}`);
    if (errors.length > 0) throw new ConfigError(errors);
  }

  /**
   * The file's value with the environment's values in the strings' places. Keys without a value are left out.
   * A line of an exit list stays as it is: its own parser puts the variables in after it has split the line.
   */
  read(env: Env): { value: unknown; problems: ConfigProblem[] } {
    const problems: ConfigProblem[] = [];
    const value = fill(this.#toValue(), [], env, problems);
    return { value: value ?? {}, problems };
  }

  /** For people, one each, in the file's order: `goodgateway.yaml:6:3: timeouts.connect: expected …`. */
  tell(problems: readonly ConfigProblem[]): string[] {
    return problems
      .map((problem) => ({ problem, at: problem.path === null ? -1 : this.#offsetOf(problem.path, problem.key) + (problem.offset ?? 0) }))
      .sort((a, b) => a.at - b.at)
      .map(({ problem, at }) => `${at < 0 ? "" : `${this.#place(at)}: `}${tellProblem(problem)}`);
  }

  #toValue(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      throw new ConfigError([`${this.#file}: ${error instanceof Error ? unmaskVariables(error.message) : String(error)}`]);
    }
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }

  // The deepest part of the path that the file has: a missing key is told at the map that lacks it.
  #offsetOf(path: ConfigPath, key: string | undefined): number {
    let node = this.#document.contents as Node | null;
    for (const step of path) {
      const inner = this.#step(node, step);
      if (inner === null) break;
      node = inner;
    }
    const pair =
      key !== undefined && isMap(node) ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
    const found = pair !== undefined && isScalar(pair.key) ? pair.key : node;
    return found?.range?.[0] ?? 0;
  }

  #step(node: Node | null, step: string | number): Node | null {
    const collection = isAlias(node) ? node.resolve(this.#document) : node;
    if (!isCollection(collection)) return null;
    if (isSeq(collection)) return (collection.items[Number(step)] as Node | undefined) ?? null;
    const pair = isMap(collection)
      ? collection.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      : undefined;
    return (pair?.value as Node | undefined) ?? null;
  }
}

// Within `{ … }` YAML takes a brace for its own, so that `{ alice: ${PASSWORD} }` would not parse. Two private characters stand in for
// the braces of variables: the text keeps its length, so that columns stay true.
function maskVariables(text: string): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, "$\ue000$1\ue001");
}

function unmaskVariables(text: string): string {
  return text.replace(/\$\ue000([A-Za-z_][A-Za-z0-9_]*)\ue001/g, (_, name) => `\${${name}}`);
}

function fill(value: unknown, path: ConfigPath, env: Env, problems: ConfigProblem[]): unknown {
  if (typeof value === "string") return fillText(unmaskVariables(value), path, env, problems);
  if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i], env, problems));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== null)
    .map(([key, inner]) => [unmaskVariables(key), fill(inner, [...path, key], env, problems)]);
  return Object.fromEntries(entries);
}

function fillText(text: string, path: ConfigPath, env: Env, problems: ConfigProblem[]): string {
  const exitLine = path.length === 2 && path[0] === "exits";
  if (exitLine) return text;
  const result = substituteEnv(text, env);
  if ("text" in result) return result.text;
  problems.push({ path, message: `environment variable ${result.missing} is not set` });
  return text;
}
