// Packs the npm packages: node pack.mjs VERSION DESTINATION PLATFORM=PROGRAM..., such as linux-x64=target/release/himds-emulator
//
// Each platform gets a package with the program; `himds-emulator` has them all as optional dependencies, so that npm
// installs the one that fits. What is packed is laid out in DESTINATION/PACKAGE, and `npm pack` makes the archives.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [version, destination, ...programs] = process.argv.slice(2);
if (!programs.length) {
  console.error("usage: node pack.mjs VERSION DESTINATION PLATFORM=PROGRAM...");
  process.exit(2);
}

const main = JSON.parse(readFileSync(join(here, "himds-emulator/package.json"), "utf8"));
const platforms = programs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);

for (const [platform, program] of platforms) {
  const [os, cpu] = platform.split("-");
  const file = os === "win32" ? "himds-emulator.exe" : "himds-emulator";
  const folder = fresh(`himds-emulator-${platform}`);
  copyFileSync(program, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  const { license, repository } = main;
  write(folder, {
    name: `himds-emulator-${platform}`,
    version,
    description: `The program of himds-emulator for ${platform}`,
    license,
    repository,
    os: [os],
    cpu: [cpu],
    files: [file, "LICENSE-MIT", "LICENSE-APACHE"],
    preferUnplugged: true,
  });
  writeFileSync(join(folder, "README.md"), "The program of the package `himds-emulator` for one platform.\n");
  pack(folder);
}

const folder = fresh("himds-emulator");
cpSync(join(here, "himds-emulator"), folder, { recursive: true });
copyFileSync(join(here, "README.md"), join(folder, "README.md"));
const optionalDependencies = Object.fromEntries(platforms.map(([name]) => [`himds-emulator-${name}`, version]));
write(folder, { ...main, version, optionalDependencies });
pack(folder);

function fresh(name) {
  const folder = join(destination, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(join(here, "..", licence), join(folder, licence));
  return folder;
}

function write(folder, manifest) {
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
}

function pack(folder) {
  const options = ["pack", "--silent", "--pack-destination", destination, folder];
  console.log(execFileSync("npm", options, { encoding: "utf8", shell: process.platform === "win32" }).trim());
}
