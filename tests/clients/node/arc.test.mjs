// @azure/identity gets its tokens from the emulator's HIMDS: that is what proves the emulator honest.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ManagedIdentityCredential } from "@azure/identity";
import { admin, app, claims, fresh, scope, stages } from "./admin.mjs";

beforeEach(fresh);

test("system-assigned", async () => {
  const token = await new ManagedIdentityCredential().getToken(scope);
  assert.equal(claims(token.token).aud, "https://vault.azure.net");
  assert.equal(claims(token.token).appid, "8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001");
  assert.ok(Math.abs(token.expiresOnTimestamp - Date.now() - 86_400_000) < 60_000);
  assert.deepEqual(await stages(), ["challenge", "key"]);
});

for (const [name, value] of Object.entries(app)) {
  test(`user-assigned by ${name}`, async () => {
    const token = await new ManagedIdentityCredential({ [name]: value }).getToken(scope);
    assert.equal(claims(token.token).appid, app.clientId);
    const parameter = { clientId: "client_id", objectId: "object_id", resourceId: "msi_res_id" }[name];
    for (const request of await admin("GET", "requests")) {
      assert.ok(request.query.some(([key, sent]) => key === parameter && sent === value), JSON.stringify(request.query));
    }
  });
}

test("an old agent ignores the selector", async () => {
  await admin("POST", "faults", { ignore_selectors: true, count: 0 });
  await assert.rejects(new ManagedIdentityCredential({ clientId: "b1e6d3aa-0000-0000-0000-000000000000" }).getToken(scope));
});

test("an identity that is not assigned", async () => {
  await assert.rejects(new ManagedIdentityCredential({ clientId: "99999999-0000-0000-0000-000000000000" }).getToken(scope));
});
