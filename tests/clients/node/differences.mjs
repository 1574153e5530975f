// What @azure/identity does in the cases that we treat specially; the table in ../README.md is made from this.
// It prints and never fails: another version may do otherwise, and then the table is to be corrected.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ManagedIdentityCredential } from "@azure/identity";
import { admin, fresh, scope, stages } from "./admin.mjs";

const cases = {
  "quoted realm": { on: "challenge", www_authenticate: ['Basic realm="{path}"'] },
  "scheme in lower case": { on: "challenge", www_authenticate: ["basic realm={path}"] },
  "another scheme": { on: "challenge", www_authenticate: ["Bearer realm={path}"] },
  "two WWW-Authenticate headers": { on: "challenge", www_authenticate: ["Basic realm={path}", "Basic realm={path}"] },
  "key file is a symbolic link": { on: "challenge", key: { kind: "symlink" } },
  "key file writable by others": { on: "challenge", key: { mode: "0666" } },
  "token directory writable by others": { on: "challenge", key: { directory_mode: "0777" } },
  "white space behind the key": { on: "challenge", key: { content: "key-with-a-line-break\n" } },
  "empty key file": { on: "challenge", key: { content: "" } },
  "key in another directory": { on: "challenge", www_authenticate: ["Basic realm={dir}/../{name}"] },
  "200 without a challenge": { on: "challenge", no_challenge: true },
  "always 401": { on: "key", refuse_key: true, count: 0 },
  "503 instead of a challenge": { on: "challenge", preset: "unavailable" },
  "503 instead of a token": { on: "key", preset: "unavailable" },
  "connection reset instead of a token": { on: "key", wire: { action: "reset" } },
  "redirect of the first request": { on: "challenge", preset: "redirect" },
  "redirect of the second request": { on: "key", preset: "redirect", status: 307 },
  "429 without Retry-After": { on: "challenge", preset: "throttled", remove_headers: ["retry-after"] },
  "expires_in with a fraction": { on: "key", set: { expires_in: '"3599.5"' } },
  "expires_in missing": { on: "key", remove: ["expires_in"] },
  "expires_on as a date, no expires_in": { on: "key", set: { expires_on: '"{ampm:+3600}"' }, remove: ["expires_in"] },
  "an old agent's api-version list": { on: "challenge", preset: "himds_api_version_old" },
  "a token of 2 MiB": { on: "key", set: { access_token: '"{x*2097152}"' } },
};

async function outcome(number) {
  const started = Date.now();
  let result = "token";
  try {
    // Its cache is the process's, so each case asks for another resource.
    await new ManagedIdentityCredential().getToken(scope.replace("vault", `vault${number}`));
  } catch (error) {
    result = error.name;
    const secrets = await admin("GET", "secrets");
    if (secrets.some((secret) => secret && String(error.message).includes(secret))) {
      result += " (with the secret in its text)";
    }
  }
  return `${result}, ${(await stages()).length} requests, ${((Date.now() - started) / 1000).toFixed(1)} s`;
}

// A proxy must be set before the package is loaded, so that case has a process of its own.
if (process.argv[2] === "proxy") {
  await fresh();
  console.log(`HTTP_PROXY set: ${await outcome(0)}`);
  process.exit();
}

const manifest = createRequire(import.meta.url).resolve("@azure/identity").replace(/\/dist\/.*/, "/package.json");
console.log(`@azure/identity ${JSON.parse(readFileSync(manifest)).version}`);
let number = 0;
for (const [name, fault] of Object.entries(cases)) {
  await fresh();
  await admin("POST", "faults", fault);
  console.log(`${name}: ${await outcome(number++)}`);
  if (name.startsWith("redirect")) {
    const last = (await admin("GET", "requests")).at(-1);
    const key = last.headers.some(([header]) => header === "authorization");
    console.log(`    the last request went to ${last.path}, ${key ? "with" : "without"} the key`);
  }
}
const proxy = { ...process.env, HTTP_PROXY: "http://127.0.0.1:9" };
execFileSync(process.execPath, [fileURLToPath(import.meta.url), "proxy"], { env: proxy, stdio: "inherit" });
