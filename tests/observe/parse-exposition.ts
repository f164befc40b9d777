interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\n"])*)"/g;

/** Strict parser of Prometheus text 0.0.4: throws where promtool would, and where a family is torn apart or a series repeats. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const series = new Set<string>();
  const lines = text.slice(0, -1).split("\n");
  let current = "";
  for (const [index, line] of lines.entries()) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (!NAME.test(name) || families.has(name)) throw new Error(`line ${index + 1}: bad or repeated family ${name}`);
      families.set(name, { type: "", help: rest, samples: [] });
      current = name;
    } else if (keyword === "TYPE") {
      const family = families.get(name);
      if (family === undefined || name !== current || family.type !== "") throw new Error(`line ${index + 1}: TYPE without its HELP`);
      if (!["counter", "gauge", "histogram"].includes(rest)) throw new Error(`line ${index + 1}: type ${rest}`);
      family.type = rest;
    } else {
      const sample = parseSample(line, index + 1);
      const family = families.get(current);
      if (family === undefined || !belongs(sample.name, current, family.type))
        throw new Error(`line ${index + 1}: not of family ${current}`);
      const key = `${sample.name} ${JSON.stringify(sample.labels)}`;
      if (series.has(key)) throw new Error(`line ${index + 1}: repeats ${key}`);
      series.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string, number: number): Sample {
  const [, name = "", labelText = "", valueText = ""] = SAMPLE.exec(line) ?? [];
  if (name === "") throw new Error(`line ${number}: not a sample: ${line}`);
  const value = Number(valueText.replace("Inf", "Infinity"));
  if (Number.isNaN(value)) throw new Error(`line ${number}: not a number: ${valueText}`);
  const labels: Record<string, string> = {};
  for (const [, label = "", raw = ""] of labelText.matchAll(LABEL)) {
    if (label in labels) throw new Error(`line ${number}: repeats label ${label}`);
    labels[label] = raw.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  }
  return { name, labels, value };
}

function belongs(sample: string, family: string, type: string): boolean {
  return type === "histogram" ? ["_bucket", "_sum", "_count"].some((end) => sample === family + end) : sample === family;
}
