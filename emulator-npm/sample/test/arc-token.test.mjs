import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, watch } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { startEmulator } from "himds-emulator";
import { token } from "../arc-token.mjs";

const vault = "https://vault.azure.net";
let emulator;
before(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
after(() => emulator.stop());

test("two requests for a token", async () => {
  const secret = await token(vault, emulator.tokenDir, emulator.environment);
  assert.ok((await emulator.secrets()).includes(secret));
  assert.deepEqual((await emulator.requests()).map((request) => request.stage), ["challenge", "key"]);
});

test("a throttled agent", async () => {
  await emulator.fault({ preset: "throttled" });
  await assert.rejects(token(vault, emulator.tokenDir, emulator.environment), /throttled/);
  assert.ok(await token(vault, emulator.tokenDir, emulator.environment));
});

test("a challenge that names another file", async () => {
  await emulator.fault({ on: "challenge", www_authenticate: ["Basic realm=/etc/passwd"] });
  await assert.rejects(token(vault, emulator.tokenDir, emulator.environment), /outside/);
  assert.equal((await emulator.requests()).length, 1);
});

test("the environment is that of an Arc-enabled server, for as long as it is wanted", async () => {
  process.env.MSI_ENDPOINT = "http://127.0.0.1:1";
  const restore = emulator.useEnvironment();
  assert.equal(process.env.IMDS_ENDPOINT, emulator.himdsUrl);
  assert.equal(process.env.MSI_ENDPOINT, undefined);
  assert.ok(await token(vault, emulator.tokenDir));
  restore();
  assert.equal(process.env.IMDS_ENDPOINT, undefined);
  assert.equal(process.env.MSI_ENDPOINT, "http://127.0.0.1:1");
  delete process.env.MSI_ENDPOINT;
});

test("a fault that does not exist is refused", async () => {
  await assert.rejects(emulator.fault({ preset: "no_such_preset" }), /no_such_preset/);
  await assert.rejects(emulator.fault({ status: "503" }), /^Error: status: /);
});

test("a member that does not exist is refused, and index.d.ts describes all that do", async () => {
  const refused = await emulator.fault({ prest: "throttled" }).catch((error) => error.message);
  assert.match(refused, /^unknown field `prest`, expected one of/);
  const known = [...refused.matchAll(/`(\w+)`/g)].map(([, name]) => name).slice(1);
  const [, described] = readFileSync(new URL("index.d.ts", import.meta.resolve("himds-emulator")), "utf8").match(/interface Fault {(.*?)\n}/s);
  assert.deepEqual([...described.matchAll(/^  (\w+)\?:/gm)].map(([, name]) => name).sort(), known.sort());
});

test("an emulator that has ended says so", async () => {
  const other = await startEmulator();
  await other.stop();
  await assert.rejects(other.requests(), /it has ended with 0/);
});

test("a program that cannot be started is named", async () => {
  process.env.HIMDS_EMULATOR = "/no/such/program";
  await assert.rejects(startEmulator(), /cannot start \/no\/such\/program/).finally(() => delete process.env.HIMDS_EMULATOR);
});

test("arguments that do not exist are told", async () => {
  await assert.rejects(startEmulator({ arguments: ["--no-such-option"] }), /--no-such-option/);
  await assert.rejects(startEmulator({ arguments: ["--help"] }), /before it served anything/);
});

test("it ends and leaves nothing", async () => {
  const other = await startEmulator({ arguments: ["--no-imds"] });
  assert.ok(existsSync(other.tokenDir));
  assert.equal(other.imdsUrl, "");
  await other.stop();
  assert.ok(!existsSync(other.tokenDir));
  await other.stop();
});

test("npx runs the program and hands on its status", () => {
  const npx = (...given) => execFileSync("npx", ["--no-install", "himds-emulator", ...given], { encoding: "utf8", stdio: "pipe" });
  assert.match(npx("--version"), /^himds-emulator \d/);
  assert.throws(() => npx("--", "sh", "-c", "exit 7"), { status: 7 });
});

test("it ends with the process that started it", async () => {
  const script = `import { startEmulator } from "himds-emulator";
    console.log((await startEmulator()).tokenDir);`;
  const directory = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).trim();
  assert.ok(directory);
  await removal(directory);
});

/** Resolves once a directory is gone. */
function removal(directory) {
  return new Promise((resolve) => {
    let watcher;
    const check = () => {
      if (existsSync(directory)) return;
      watcher?.close();
      resolve();
    };
    try {
      watcher = watch(directory, check);
    } catch {
      // It is gone already.
    }
    check();
  });
}
