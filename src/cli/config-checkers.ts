import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import type { ConfigKind } from "../explain/config/explain-config.ts";
import type { Finding } from "../explain/config/setting.ts";
import { hideLikelySecrets } from "../explain/hide-likely-secrets.ts";

/** A program's own check of its config. Milliseconds. */
const CHECK_MS_MAX = 5000;

interface Checker {
  readonly command: string;
  readonly args: (file: string) => readonly string[];
  /** A line that says what is wrong: file, line and words, in this order. */
  readonly complaint: RegExp;
  /** What has to stand in a file for it to be a whole config. */
  readonly whole: RegExp;
}

const CHECKERS: Partial<Record<ConfigKind, Checker>> = {
  nginx: {
    command: "nginx",
    args: (file) => ["-t", "-c", file],
    complaint: /\[(?:emerg|warn)\] (?<words>.*?) in (?<file>\S+):(?<line>\d+)$/,
    whole: /^\s*events\s*\{/m,
  },
  apache: {
    command: "apachectl",
    args: (file) => ["-t", "-f", file],
    complaint: /AH00526: Syntax error on line (?<line>\d+) of (?<file>[^:]+): ?(?<words>.*)$/,
    whole: /^\s*(?:LoadModule|IncludeOptional\s+mods-enabled)\b/m,
  },
  haproxy: {
    command: "haproxy",
    args: (file) => ["-c", "-f", file],
    complaint: /\[(?:ALERT|WARNING)\].*?\[(?<file>[^:\]]+):(?<line>\d+)\] ?:? ?(?<words>.*)$/,
    whole: /^\s*(?:frontend|listen|backend)\b/m,
  },
  squid: {
    command: "squid",
    args: (file) => ["-k", "parse", "-f", file],
    complaint: /(?:FATAL|ERROR|WARNING): (?<words>.*?)(?: in (?<file>\S+) line (?<line>\d+).*)?$/,
    whole: /^\s*http_port\s/m,
  },
};

/** Where programs have their own configs; what lies there was put there by whoever runs this machine. */
const HOMES = ["/etc/", "/usr/local/etc/", "/opt/homebrew/etc/"];

/**
 * What the program itself says of its config; empty where it is not installed, or has nothing to say. It is asked only of what lies where
 * configs live: such a check runs the Lua and loads the modules that a config names, and writes to its logs, and a file from a ticket is
 * to be read, not run.
 */
export function askChecker(kind: ConfigKind, file: string, text: string): Finding[] {
  const checker = CHECKERS[kind];
  if (checker === undefined || !checker.whole.test(text) || !isAtHome(file)) return [];
  const { stderr, stdout, error } = spawnSync(checker.command, checker.args(file), { encoding: "utf8", timeout: CHECK_MS_MAX });
  if (error !== undefined) return [];
  // Apache says where in one line, and what in the next.
  return `${stderr}\n${stdout}`
    .replace(/(Syntax error on line .*:)\n/g, "$1 ")
    .split("\n")
    .flatMap((line) => {
      const { words, file: named, line: number } = checker.complaint.exec(line)?.groups ?? {};
      // Whoever may not open logs and pid files may still read the config.
      if (words === undefined || number === undefined || /Permission denied|Read-only/.test(words)) return [];
      const where = { file: named ?? file, line: Number(number) };
      const why = "The program does not start with this config, or ignores the line: what serves now is the config from before.";
      return [
        {
          where,
          weight: "likely",
          what: `${checker.command} says: ${hideLikelySecrets(words).replace(/\.+$/, "")}.`,
          why,
          write: `${checker.command} ${checker.args(file).join(" ")}   # until it is content`,
        },
      ];
    });
}

function isAtHome(file: string): boolean {
  const path = realpathSync(file);
  return HOMES.some((home) => path.startsWith(home));
}
