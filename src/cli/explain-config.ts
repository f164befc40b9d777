import { globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { NO_FLAGS } from "../config/resolve.ts";
import { withoutControls } from "../core/printable.ts";
import { type ConfigText, type ExplainedConfigs, explainConfigs } from "../explain/config/explain-config.ts";
import { BadConfigFile } from "../explain/config/includes.ts";
import type { Finding } from "../explain/config/setting.ts";
import { askChecker } from "./config-checkers.ts";
import { row, tellJson } from "./explain-report.ts";
import { lookOf } from "./look.ts";
import { unreadable } from "./unreadable.ts";
import { UsageError } from "./usage-error.ts";

/** Says what in configs of gateways causes 502s before it does; from the client's side to the application's. 1: something does. */
export function explainConfigFiles(files: readonly string[], { json }: { readonly json: boolean }): number {
  if (files.length === 0) throw new UsageError("--config wants files: goodgateway explain --config nginx.conf haproxy.cfg");
  const texts = files.map(readOne);
  const explained = withCheckers(explain(texts), texts);
  if (json) console.log(tellJson(explained));
  else console.log(tell(explained).join("\n"));
  return explained.findings.length > 0 ? 1 : 0;
}

function explain(texts: readonly ConfigText[]): ExplainedConfigs {
  try {
    return explainConfigs(texts);
  } catch (error) {
    if (error instanceof BadConfigFile) throw new UsageError(error.message);
    throw error;
  }
}

function withCheckers(explained: ExplainedConfigs, texts: readonly ConfigText[]): ExplainedConfigs {
  const said = explained.files.flatMap(({ kind, file }, index) => askChecker(kind, resolve(file), texts[index]?.text ?? ""));
  return { ...explained, findings: [...said, ...explained.findings] };
}

function readOne(file: string): ConfigText {
  return {
    file,
    text: readText(file),
    include: (pattern) =>
      globSync(resolve(dirname(file), pattern))
        .toSorted()
        .map((found) => ({ file: found, text: readText(found) })),
    load: () => loadConfig({ file, flags: NO_FLAGS, env: process.env }),
  };
}

const CONFIG_BYTES_MAX = 16 * 1024 * 1024;

function readText(file: string): string {
  try {
    return readFileSync(file).subarray(0, CONFIG_BYTES_MAX).toString("utf8");
  } catch (error) {
    throw unreadable(file, error) ?? error;
  }
}

function tell({ files, findings }: ExplainedConfigs): string[] {
  const look = lookOf(process.stdout);
  const names = withoutControls(files.map(({ file, kind }) => `${file} (${kind})`).join(", "));
  if (findings.length === 0) return [`${names}: nothing that causes 502s was found`];
  return [names, ...findings.flatMap((finding) => ["", ...tellFinding(finding, look)])];
}

function tellFinding({ where, weight, what, why, write }: Finding, look: ReturnType<typeof lookOf>): string[] {
  const mark = weight === "likely" ? look.paint("red", "will break") : look.paint("yellow", "may break");
  return [
    `${look.paint("bold", withoutControls(`${where.file}:${where.line}`))}  ${mark}`,
    ...row("what", what, look),
    ...row("why", why, look),
    ...row("write", write, look),
  ];
}
