import { checkToFile } from "./check.ts";
import { DEFAULT_CHECK, defaultConfig } from "./defaults.ts";
import { configToFile } from "./print.ts";
import { configFileSchema } from "./schema.ts";

/** JSON Schema of `goodgateway.yaml` for editors, with a description and the default of each key. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = configFileSchema() as Record<string, unknown>;
  // Checks are off unless a file says what to ask for; what they then go by is known.
  addDefaults(schema, { ...configToFile(defaultConfig()), check: checkToFile({ ...DEFAULT_CHECK, judges: [], target: null }) });
  return { ...schema, title: "goodgateway.yaml" };
}

function addDefaults(schema: Record<string, unknown>, defaults: Record<string, unknown>): void {
  const properties = (schema["properties"] ?? {}) as Record<string, Record<string, unknown>>;
  for (const [key, property] of Object.entries(properties)) {
    const value = defaults[key];
    if (value === undefined) continue;
    if ("properties" in property) addDefaults(property, value as Record<string, unknown>);
    else property["default"] = value;
  }
}
