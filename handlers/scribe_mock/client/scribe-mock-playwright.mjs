// A `test` for Playwright with the fixture `scribeMock`: one scope of a running mock for each test.
// A fault that never fired fails its test, unless it is optional; a failing test has its journal
// attached. Keep this file beside scribe-mock.mjs, in a project that has @playwright/test.
//
//   import { test, expect } from "./scribe-mock-playwright.mjs";
//
//   test("a 503 is tried again", async ({ page, scribeMock }) => {
//     await scribeMock.fail("uploadAudio", { sequence: 3, status: 503 });
//     await page.goto(`http://localhost:5173/?token=${scribeMock.token}`);
//     …
//
// The page must send the scope's token, and how it gets it is the app's own business: in its
// address, as above; from storage (`page.addInitScript((token) => localStorage.setItem("token",
// token), scribeMock.token)`); or, for an app that logs in, by the scope's token as its `client_id`:
// what login returns belongs to that scope too.

import { test as base } from "@playwright/test";
import { connect, journalTable, unfiredMessage } from "./scribe-mock.mjs";

export { expect } from "@playwright/test";

export const test = base.extend({
  /** `http://host:port` of the mock; set it under `use` in playwright.config. */
  scribeMockUrl: ["http://127.0.0.1:8080", { option: true }],

  scribeMock: async ({ scribeMockUrl }, use, testInfo) => {
    const scope = connect(scribeMockUrl).createScope();
    await use(scope);
    const unfired = testInfo.status === "passed" ? await unfiredMessage(scope) : null;
    if (testInfo.status !== testInfo.expectedStatus || unfired !== null) {
      const body = journalTable(await scope.requests());
      await testInfo.attach("scribe-mock journal", { body, contentType: "text/plain" });
    }
    await scope.reset();
    if (unfired !== null) throw new Error(unfired);
  },
});
