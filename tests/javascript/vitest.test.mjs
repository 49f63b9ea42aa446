// What Vitest does otherwise than Node.js's runner: workers, and fake timers.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { App } from "./app.mjs";
import { connect } from "./client/scribe-mock.mjs";

let scope;
beforeEach(() => {
  scope = connect(process.env.MOCK_URL).createScope();
});
afterEach(async () => {
  vi.useRealTimers();
  expect(await scope.unfired()).toEqual([]);
  await scope.reset();
});

test("a 503 is seen, and the journal has it", async () => {
  await scope.fail("uploadAudio", { sequence: 1, status: 503 });
  const app = await new App(scope).create();
  expect((await app.upload(1)).status).toBe(503);
  expect(await scope.requests({ status: 503 })).toMatchObject([{ sequence: 1 }]);
});

test("it works beside fake timers", async () => {
  await scope.hold("uploadAudio");
  const app = await new App(scope).create();
  vi.useFakeTimers();
  const upload = app.upload(0);
  await scope.release(await scope.waitForHeld({ sequence: 0 }));
  expect((await upload).status).toBe(200);
});
