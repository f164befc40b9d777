// Runs the commands of the guides and writes what they print into the pages. Run it with `npm run docs:guides`.
import { readFileSync, writeFileSync } from "node:fs";
import { GUIDES } from "./guides.ts";
import { showAnew } from "./shown.ts";

for (const page of GUIDES) writeFileSync(page, await showAnew(readFileSync(page, "utf8")));
