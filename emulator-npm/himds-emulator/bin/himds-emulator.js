#!/usr/bin/env node
// `npx himds-emulator`: the program itself, with its arguments, its output and its exit status.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { program } from "../program.js";

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
// A terminal sends Ctrl+C to both; what is sent to this process alone is handed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => signal === "SIGINT" || child.kill(signal));
}
child.on("error", (error) => {
  console.error(`himds-emulator: ${error.message}`);
  process.exit(2);
});
child.on("exit", (status, signal) => process.exit(signal ? 128 + constants.signals[signal] : status));
