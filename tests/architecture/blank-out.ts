/** Words after which a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|yield|await|throw))\s*$/;

/** What is blanked out: comments always, then the insides of templates, then of strings and regular expressions too. */
export type Blanks = "comments" | "templates" | "literals";

/** TypeScript with parts of it replaced by spaces; code inside `${}` stays. Lines and columns stay as they are. */
export function blankOut(text: string, blanks: Blanks): string {
  let out = "";
  let at = 0;
  /** For each template that is open around us: how many braces are open inside its `${`. */
  const templates: number[] = [];
  const blank = (to: number) => {
    out += text.slice(at, to).replace(/[^\n]/g, " ");
    at = to;
  };
  const keep = (to: number) => {
    out += text.slice(at, to);
    at = to;
  };
  /** The literal from its first character to `end`: the two delimiters stay. */
  const literal = (end: number, from: Blanks) => {
    if (blanks !== "literals" && blanks !== from) return keep(end);
    keep(at + 1);
    blank(Math.max(at, end - 1));
    keep(end);
  };

  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const character = rest[0] as string;
    if (rest === "//") blank(endOf(text, /\n|$/g, at));
    else if (rest === "/*") blank(endOf(text, /\*\//g, at + 2) + 2);
    else if (character === '"' || character === "'") literal(endOfString(text, at), "literals");
    else if (character === "/" && BEFORE_REGEX.test(out.slice(-40))) literal(endOfRegex(text, at), "literals");
    else if (character === "`" || (character === "}" && templates.at(-1) === 0)) {
      if (character === "}") templates.pop();
      const end = endOfTemplatePart(text, at + 1);
      const opens = text[end - 1] === "{";
      literal(end, "templates");
      if (opens) templates.push(0);
    } else {
      const depth = templates.length - 1;
      if (depth >= 0 && character === "{") templates[depth] = (templates[depth] as number) + 1;
      if (depth >= 0 && character === "}") templates[depth] = (templates[depth] as number) - 1;
      keep(at + 1);
    }
  }
  return out;
}

function endOf(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

function endOfString(text: string, from: number): number {
  const quote = text[from];
  let at = from + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Behind the closing backtick, or behind the `${` that interrupts. */
function endOfTemplatePart(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "`") {
    if (text.startsWith("${", at)) return at + 2;
    at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

function endOfRegex(text: string, from: number): number {
  let at = from + 1;
  let inClass = false;
  while (at < text.length && (inClass || text[at] !== "/")) {
    if (text[at] === "[") inClass = true;
    if (text[at] === "]") inClass = false;
    at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}
