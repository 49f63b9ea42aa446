// The fixture for Playwright; two of these tests must fail, and test_javascript_client.py sees how.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { expect, test as base } from "./client/scribe-mock-playwright.mjs";

const PAGE = `<!doctype html><title>App</title><script type="module">
  import { App } from "/app.mjs";
  const token = localStorage.getItem("token");
  window.app = new App({ baseUrl: new URLSearchParams(location.search).get("api"), token });
</script>`;

/** A dev server on a port of its own: its page is what the tests try. */
const test = base.extend({
  devServer: async ({}, use) => {
    const server = createServer(async (request, response) => {
      const script = request.url === "/app.mjs";
      response.setHeader("Content-Type", script ? "text/javascript" : "text/html");
      response.end(script ? await readFile(new URL("app.mjs", import.meta.url)) : PAGE);
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    await use(`http://127.0.0.1:${server.address().port}`);
    server.closeAllConnections();
    server.close();
  },
});

test("passes: the page has the token of the scope", async ({ page, devServer, scribeMock }) => {
  await page.addInitScript((token) => localStorage.setItem("token", token), scribeMock.token);
  await scribeMock.fail("uploadAudio", { sequence: 1, status: 503, retryAfter: 1 });
  await page.goto(`${devServer}/?api=${scribeMock.baseUrl}`);
  const statuses = await page.evaluate(async () => {
    await window.app.create();
    const answers = [await window.app.upload(0), await window.app.upload(1), await window.app.upload(1)];
    return answers.map((answer) => answer.status);
  });
  expect(statuses).toEqual([200, 503, 200]);
  await scribeMock.verify(1, { operation: "uploadAudio", status: 503 });
});

test("passes: a page imports the client from the mock", async ({ page, devServer, scribeMock }) => {
  await page.goto(`${devServer}/?api=${scribeMock.baseUrl}`);
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
