import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { FAULT_PAGES, renderFaultPages } from "./fault-pages.ts";
import { FAULTS_PAGE, renderFaultsPage } from "./faults-page.ts";

writeFileSync(FAULTS_PAGE, renderFaultsPage());
rmSync(FAULT_PAGES, { recursive: true, force: true });
mkdirSync(FAULT_PAGES);
for (const [name, page] of renderFaultPages()) writeFileSync(new URL(name, FAULT_PAGES), page);
