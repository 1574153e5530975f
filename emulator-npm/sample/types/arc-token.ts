// What a test in TypeScript may rely on: compiled, not run, with the types of the package and no others.

import { program, startEmulator, type Emulator, type Fault, type SeenRequest } from "himds-emulator";

const throttled: Fault = { preset: "throttled", count: 2 };

export async function example(): Promise<string[]> {
  const emulator: Emulator = await startEmulator({ arguments: ["--azure"] });
  await emulator.fault(throttled, { on: "challenge", www_authenticate: ["Basic realm=/etc/passwd"] });
  await emulator.fault({ on: "key", wire: { action: "close", after: "half_body" } });
  // @ts-expect-error a member that does not exist
  await emulator.fault({ prest: "throttled" });
  // @ts-expect-error a stage that does not exist
  await emulator.fault({ on: "chalenge" });
  // @ts-expect-error options have their own names
  await startEmulator({ args: ["--azure"] });
  const restore: () => void = emulator.useEnvironment();
  const requests: SeenRequest[] = await emulator.requests();
  const endpoint: string | undefined = emulator.environment.IDENTITY_ENDPOINT;
  restore();
  await emulator.stop();
  return [program(), endpoint ?? "", emulator.tokenDir, ...requests.map((request) => request.stage)];
}
