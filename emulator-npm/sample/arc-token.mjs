// The code under test: a token on an Azure Arc-enabled server, with nothing but node.

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

export async function token(resource, tokenDir, environment = process.env) {
  const url = new URL(environment.IDENTITY_ENDPOINT);
  url.searchParams.set("api-version", "2020-06-01");
  url.searchParams.set("resource", resource);
  const challenge = await fetch(url, { headers: { Metadata: "true" }, redirect: "error" });
  if (challenge.status === 429) throw new Error("throttled");
  const file = /^Basic realm=(.+)$/.exec(challenge.headers.get("www-authenticate"))?.[1];
  if (!file || dirname(file) !== tokenDir) throw new Error("the challenge names a file outside the agent's directory");
  const headers = { Metadata: "true", Authorization: `Basic ${await readFile(file, "utf8")}` };
  const answer = await fetch(url, { headers, redirect: "error" });
  return (await answer.json()).access_token;
}
