// The emulator for tests in node's test runner, vitest, jest or any other.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./program.js";

export { program };

/** Variables that would lead a client to another service. */
const otherHosts = ["IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "MSI_ENDPOINT", "MSI_SECRET"];

export async function startEmulator(options = {}) {
  const scratch = await mkdtemp(join(tmpdir(), "himds-emulator-"));
  try {
    const ready = join(scratch, "ready.json");
    const given = [...(options.arguments ?? []), "--end-with-stdin", "--ready-file", ready];
    const child = spawn(program(), given, { stdio: ["pipe", "pipe", "pipe"] });
    await accepting(child, ready);
    // It must not keep the process alive, and ends with it.
    child.unref();
    for (const stream of child.stdio) stream.unref();
    return new Emulator(child, JSON.parse(await readFile(ready, "utf8")));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** It prints one line, once it accepts connections. With an argument such as --help it prints another text. */
function accepting(child, ready) {
  return new Promise((resolve, reject) => {
    let problem = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (problem += text));
    child.stdout.once("data", () => existsSync(ready) && resolve()).resume();
    child.once("error", (error) => reject(new Error(`cannot start ${child.spawnfile}: ${error.message}`)));
    child.once("close", (status) =>
      reject(new Error(problem.trim() || `himds-emulator ended with ${status} before it served anything`)),
    );
  });
}

class Emulator {
  #child;
  #admin;
  #ended;

  constructor(child, addresses) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    this.himdsUrl = addresses.himds ?? "";
    this.imdsUrl = addresses.imds ?? "";
    this.tokenDir = addresses.token_dir;
    this.environment = environment(addresses);
    this.#admin = `${this.himdsUrl || this.imdsUrl}/emulator/`;
  }

  async fault(...faults) {
    await this.#send("POST", "faults", faults);
  }

  async requests() {
    return await this.#send("GET", "requests");
  }

  async secrets() {
    return await this.#send("GET", "secrets");
  }

  async newTokens() {
    await this.#send("POST", "clear-cache");
  }

  async reset() {
    await this.#send("DELETE", "faults");
    await this.#send("DELETE", "requests");
    await this.newTokens();
  }

  useEnvironment() {
    const changed = { ...Object.fromEntries(otherHosts.map((name) => [name, undefined])), ...this.environment };
    const before = Object.fromEntries(Object.keys(changed).map((name) => [name, process.env[name]]));
    setAll(changed);
    return () => setAll(before);
  }

  async stop() {
    this.#child.stdin.end();
    this.#child.ref();
    await this.#ended;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  // Not by `fetch`, which test runners replace and which may be told of a proxy.
  #send(method, path, body) {
    return new Promise((resolve, reject) => {
      const headers = { "Content-Type": "application/json" };
      const request = http.request(this.#admin + path, { method, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => {
          if (answer.statusCode >= 300) reject(new Error(text.trim() || `status ${answer.statusCode}`));
          else resolve(text ? JSON.parse(text) : undefined);
        });
      });
      request.on("error", (error) => {
        const { exitCode, signalCode } = this.#child;
        const ended = exitCode ?? signalCode;
        reject(new Error(`the emulator does not answer: ${ended === null ? "" : `it has ended with ${ended}: `}${error.message}`));
      });
      request.end(body && JSON.stringify(body));
    });
  }
}

function setAll(variables) {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** What the program itself sets for a command. */
function environment(addresses) {
  const variables = { HIMDS_EMULATOR_TOKEN_DIR: addresses.token_dir };
  for (const name of ["himds", "imds", "arm", "vault", "ca_file"]) {
    if (addresses[name]) variables[`HIMDS_EMULATOR_${name.toUpperCase()}`] = addresses[name];
  }
  if (addresses.himds) {
    variables.IDENTITY_ENDPOINT = `${addresses.himds}/metadata/identity/oauth2/token`;
    variables.IMDS_ENDPOINT = addresses.himds;
  }
  return variables;
}
