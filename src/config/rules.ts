import { formatDuration } from "../core/duration.ts";
import type { Rule } from "../core/rule.ts";
import type { ConfigPath } from "./config-error.ts";
import { READY_RULES } from "./ready-rules.ts";
import type { ResolveContext } from "./resolve-context.ts";
import type { RuleItem, RulesItem } from "./rules-schema.ts";

/** The rules in force: the file's own in its order, then the ready-made ones that it does not mention. */
export function resolveRules(given: RulesItem | undefined, { problems }: Pick<ResolveContext, "problems">): readonly Rule[] {
  if (given === undefined) return READY_RULES;
  if (given === false) return [];
  const rules: Rule[] = [];
  for (const [name, item] of Object.entries(given)) {
    const ready = READY_RULES.find((rule) => rule.name === name);
    if (typeof item === "object") rules.push(toRule(name, item));
    else if (ready === undefined) problems.push({ path: ["rules", name] satisfies ConfigPath, message: noSuchRule(name) });
    else if (item) rules.push(ready);
  }
  return [...rules, ...READY_RULES.filter(({ name }) => !Object.hasOwn(given, name))];
}

/** The same in the shape of the file, every ready-made rule listed: those that are not in force as `off`. */
export function rulesToFile(rules: readonly Rule[]): Record<string, unknown> {
  const off = READY_RULES.filter((ready) => !rules.some(({ name }) => name === ready.name));
  return Object.fromEntries([...rules.map((rule) => [rule.name, ruleToFile(rule)]), ...off.map(({ name }) => [name, "off"])]);
}

function toRule(name: string, { when, then: actions }: RuleItem): Rule {
  const { status = [], header = {}, body = [], slowerThan = null, fault = null, host = [] } = when;
  return { name, when: { status, header, body, slowerThan, fault, host }, actions };
}

function ruleToFile({ when, actions }: Rule): Record<string, unknown> {
  const { status, header, body, slowerThan, fault, host } = when;
  return {
    when: {
      ...(status.length === 0 ? {} : { status }),
      ...(Object.keys(header).length === 0 ? {} : { header }),
      ...(body.length === 0 ? {} : { body }),
      ...(slowerThan === null ? {} : { slowerThan: formatDuration(slowerThan) }),
      ...(fault === null ? {} : { fault }),
      ...(host.length === 0 ? {} : { host }),
    },
    // biome-ignore lint/suspicious/noThenProperty: the key of the file
    then: actions,
  };
}

function noSuchRule(name: string): string {
  return `there is no ready-made rule ${name}: a rule of your own needs { when, then }`;
}
