/** The environment as it is passed in. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Puts the environment's values in the place of each `${NAME}` of a parsed value; `$${NAME}` stands for a literal `${NAME}`.
 * Never for the text of a whole file: a value with a quote or a comma would become syntax there.
 */
export function substituteEnv(text: string, env: Env): { text: string } | { missing: string } {
  let missing: string | null = null;
  const replaced = text.replace(/(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, escaped: string, name: string) => {
    if (escaped !== "") return whole.slice(1);
    const value = env[name];
    if (value === undefined) missing ??= name;
    return value ?? "";
  });
  return missing === null ? { text: replaced } : { missing };
}
