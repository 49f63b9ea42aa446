// The fixture for Playwright; two of these tests must fail, and test_javascript_client.py sees how.

import { expect, test } from "./client/scribe-mock-playwright.mjs";

test("passes: the page has the token of the scope", async ({ page, scribeMock }) => {
  await page.addInitScript((token) => localStorage.setItem("token", token), scribeMock.token);
  await scribeMock.fail("uploadAudio", { sequence: 1, status: 503, retryAfter: 1 });
  await page.goto(process.env.APP_URL);
  const statuses = await page.evaluate(async () => {
    await window.app.create();
    const statuses = [];
    for (const sequence of [0, 1, 1]) statuses.push((await window.app.upload(sequence)).status);
    return statuses;
  });
  expect(statuses).toEqual([200, 503, 200]);
  await scribeMock.verify(1, { operation: "uploadAudio", status: 503 });
});

test("passes: a page imports the client from the mock", async ({ page, scribeMock }) => {
  await page.goto(process.env.APP_URL);
  const found = await page.evaluate(async ({ url, token }) => {
    const { connect } = await import(`${url}/_mock/client/scribe-mock.mjs`);
    const scope = connect(url).createScope(token);
    const fault = await scope.fail("createSession", { status: 500 });
    window.app.token = token;
    await window.app.create().catch(() => {});
    return [await fault.fired(), (await scope.requests()).map((entry) => entry.status)];
  }, { url: scribeMock.url, token: scribeMock.token });
  expect(found).toEqual([1, [500]]);
});

test("fails: a fault never fires", async ({ scribeMock, request }) => {
  await scribeMock.fail("uploadAudio", { sequence: 3 });
  await scribeMock.fail("endSession", { optional: true });
  const headers = { Authorization: `Bearer ${scribeMock.token}` };
  await request.get(`${scribeMock.baseUrl}/sessions/no_such_session`, { headers });
});

test("fails: something else is wrong", async ({ scribeMock, request }) => {
  await scribeMock.fail("uploadAudio");
  const headers = { Authorization: `Bearer ${scribeMock.token}` };
  await request.get(`${scribeMock.baseUrl}/sessions/no_such_session`, { headers });
  expect(1).toBe(2);
});

test("skips: its faults had no chance", async ({ scribeMock }) => {
  await scribeMock.fail("uploadAudio");
  test.skip();
});
