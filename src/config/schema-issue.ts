import type { ConfigPath, ConfigProblem } from "./config-error.ts";
import { nearestKey } from "./nearest-key.ts";
import { configFileSchema, type SchemaIssue } from "./schema.ts";

/** The problems behind one issue that the schema reports, in words. */
export function tellIssue(issue: SchemaIssue, under: ConfigPath = []): ConfigProblem[] {
  const path = [...under, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path, key, message: tellUnknown(key, knownKeys(path)) }));
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message }));
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    return [{ path, message: `expected ${KINDS[issue.expected] ?? issue.expected}` }];
  }
  if (issue.code !== "invalid_union") return [{ path, message: issue.message }];

  // Of a value that may have several forms, the form that it was meant to have is the one whose own kind it is.
  const meant = issue.errors.find((branch) => !branch.some((inner) => inner.code === "invalid_type" && inner.path.length === 0));
  return meant === undefined ? [{ path, message: issue.message }] : meant.flatMap((inner) => tellIssue(inner, path));
}

const KINDS: Readonly<Record<string, string>> = { object: "keys with values", record: "keys with values", array: "a list" };

function tellUnknown(key: string, known: readonly string[]): string {
  const nearest = nearestKey(key, known);
  return nearest === null ? `unknown key; known here: ${known.join(", ")}` : `unknown key; did you mean ${nearest}?`;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
}

/** The keys that the schema knows at a place of the file. */
function knownKeys(path: ConfigPath): string[] {
  let nodes = [configFileSchema() as SchemaNode];
  for (const step of path) {
    nodes = nodes.flatMap(forms).flatMap((node) => (typeof step === "number" ? node.items : node.properties?.[step]) ?? []);
  }
  return nodes.flatMap(forms).flatMap((node) => Object.keys(node.properties ?? {}));
}

function forms(node: SchemaNode): SchemaNode[] {
  return [node, ...(node.anyOf ?? []).flatMap(forms)];
}
