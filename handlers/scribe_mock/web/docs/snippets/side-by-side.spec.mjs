import { test, expect } from "./scribe-mock-playwright.mjs";

for (const hours of [0, 2]) {
  test(`after ${hours} hours`, async ({ scribeMock, request }) => {
    const session = await scribeMock.sessions.create({ state: "recording" });
    await scribeMock.clock.advance({ hours });
    const headers = { Authorization: `Bearer ${scribeMock.token}` };
    const answer = await request.get(`${scribeMock.baseUrl}/sessions/${session.id}`, { headers });
    expect(answer.status()).toBe(hours < 1 ? 202 : 410);
  });
}
