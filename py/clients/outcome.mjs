// The same for @azure/identity: node outcome.mjs [SELECTOR=VALUE]
import { createRequire } from "node:module";
import process from "node:process";

const { ManagedIdentityCredential } = createRequire(`${process.env.NODE_MODULES}/`)("@azure/identity");
const names = { client_id: "clientId", object_id: "objectId", resource_id: "resourceId" };
const options = {};
for (const argument of process.argv.slice(2)) {
  const [name, ...value] = argument.split("=");
  options[names[name]] = value.join("=");
}

let outcome;
try {
  const { token } = await new ManagedIdentityCredential(options).getToken("https://vault.azure.net/.default");
  outcome = { oid: JSON.parse(Buffer.from(token.split(".")[1], "base64url")).oid };
} catch (error) {
  outcome = { error: error.name, text: error.message };
}
const requests = await (await fetch(`${process.env.HIMDS_EMULATOR_HIMDS}/emulator/requests`)).json();
console.log(JSON.stringify({ ...outcome, requests: requests.length }));
