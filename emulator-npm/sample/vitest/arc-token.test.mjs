import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startEmulator } from "himds-emulator";
import { token } from "../arc-token.mjs";

const vault = "https://vault.azure.net";
let emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

test("two requests for a token", async () => {
  expect(await token(vault, emulator.tokenDir, emulator.environment)).toMatch(/^ey/);
  expect((await emulator.requests()).map((request) => request.stage)).toEqual(["challenge", "key"]);
});

test("a throttled agent", async () => {
  await emulator.fault({ preset: "throttled" });
  await expect(token(vault, emulator.tokenDir, emulator.environment)).rejects.toThrow("throttled");
});
