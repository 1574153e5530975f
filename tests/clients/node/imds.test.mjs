// @azure/identity gets its tokens from the emulator's IMDS, at the real address.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { app, claims, fresh, scope, stages } from "./admin.mjs";

// It decides once per process which service it uses, so these tests have a process of their own.
delete process.env.IDENTITY_ENDPOINT;
delete process.env.IMDS_ENDPOINT;
const { ManagedIdentityCredential } = await import("@azure/identity");

beforeEach(fresh);

test("system-assigned", async () => {
  const token = await new ManagedIdentityCredential().getToken(scope);
  assert.match(claims(token.token).xms_mirid, /Microsoft.Compute\/virtualMachines/);
  assert.equal((await stages()).at(-1), "token");
});

for (const [name, value] of Object.entries(app)) {
  test(`user-assigned by ${name}`, async () => {
    const token = await new ManagedIdentityCredential({ [name]: value }).getToken(scope);
    assert.equal(claims(token.token).appid, app.clientId);
  });
}
