// The program of this platform: npm installs the one optional package whose `os` and `cpu` fit.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Path of the program: `HIMDS_EMULATOR` if that is set, otherwise this platform's package. */
export function program() {
  if (process.env.HIMDS_EMULATOR) return process.env.HIMDS_EMULATOR;
  const platform = `${process.platform}-${process.arch}`;
  const name = `himds-emulator-${platform}`;
  const file = process.platform === "win32" ? "himds-emulator.exe" : "himds-emulator";
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    throw new Error(
      `the package ${name} is not installed: either there is none for this platform, or npm left out optional ` +
        `dependencies (--omit=optional, or a lock file of another platform). HIMDS_EMULATOR may name the program.`,
    );
  }
}
