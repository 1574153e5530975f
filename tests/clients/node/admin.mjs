// The emulator's admin path, and what a test checks.

const base = process.env.HIMDS_EMULATOR_HIMDS;

export async function admin(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${base}/emulator/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** No faults, an empty log, and no token that the services keep. */
export async function fresh() {
  await admin("DELETE", "faults");
  await admin("DELETE", "requests");
  await admin("POST", "clear-cache");
}

export async function stages() {
  return (await admin("GET", "requests")).map((request) => request.stage);
}

export function claims(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}

export const scope = "https://vault.azure.net/.default";
export const app = {
  clientId: "b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003",
  objectId: "c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004",
  resourceId:
    "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers" +
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app",
};
