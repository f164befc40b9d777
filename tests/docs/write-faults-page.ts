import { writeFileSync } from "node:fs";
import { FAULTS_PAGE, renderFaultsPage } from "./faults-page.ts";

writeFileSync(FAULTS_PAGE, renderFaultsPage());
