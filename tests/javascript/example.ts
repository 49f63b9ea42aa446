// The types of both modules, as a test in TypeScript uses them.

import {
  connect,
  type Entry,
  type Fault,
  type FaultOptions,
  type HeldRequest,
  type Reference,
  type Scope,
} from "./client/scribe-mock.mjs";
import { expect, test } from "./client/scribe-mock-playwright.mjs";

export async function steer(url: string): Promise<string> {
  const everything: Scope<null> = connect(url, { token: "listed" });
  const scope = everything.createScope();
  const token: string = scope.token;
  const third: FaultOptions = { sequence: 3, times: null };
  const fault: Fault = await scope.fail("uploadAudio", { ...third, status: 503, retryAfter: 1 });
  await scope.fail();
  await scope.delay("getSession", { seconds: 1 });
  await scope.throttle(null, { answerBytesPerSecond: 1000 });
  await scope.cut("uploadAudio", { afterBytes: 10, how: "close" });
  await scope.dropAnswer("endSession", { optional: true });
  await scope.dropChunk();
  await scope.limit(undefined, { bytes: 100, delivery: "early_reset" });
  await scope.hold("endSession");
  await scope.expireToken();
  await scope.processing(null, { outcome: "partial" });
  await scope.socket(undefined, { closeCode: 1011 });
  await scope.webhook(undefined, { lose: true });
  const held: HeldRequest = await scope.waitForHeld({ sequence: 3, timeout: 500 });
  await scope.release(held);
  await scope.refuse(held.id, { status: 503 });
  await scope.releaseInOrder([held, "req_1"]);
  await scope.clock.advance({ hours: 2 });
  const year: number = (await scope.clock.now()).getFullYear();
  const session = await scope.sessions.create({ state: "completed" });
  const entries: Entry[] = await scope.requests({ operation: "uploadAudio", since: new Date() });
  await scope.verify({ atLeast: 1 }, { operation: "uploadAudio", sequence: 3 });
  await scope.ledger(session.id).assertComplete();
  const reference: Reference = await scope.sessions.putReference(session.id, { fixture: "a.wav" });
  await scope.sessions.putReference(session.id, { audio: new Uint8Array(reference.durationS) });
  const { verdict, missing, coveragePercent } = await scope.ledger(session.id);
  const seconds: number[] = missing.map(({ startS, endS }) => (endS - startS) * coveragePercent);
  await scope.sessions.forgetReference(session.id);
  await scope.reset();
  return [token, verdict, seconds, year, await fault.fired(), entries[0]?.sha256].join();
}

export async function wrong(scope: Scope): Promise<void> {
  // @ts-expect-error: no such option
  await scope.fail("uploadAudio", { sequnce: 3 });
  // @ts-expect-error: `bytes` is needed
  await scope.limit("uploadAudio", {});
  // @ts-expect-error: a path means nothing in a browser
  await scope.sessions.putReference("a", { audio: "speech.wav" });
  // @ts-expect-error: no such state
  await scope.sessions.create({ state: "done" });
}

test("a page", async ({ page, scribeMock }) => {
  await page.goto(`http://localhost:5173/?token=${scribeMock.token}`);
  expect(await scribeMock.unfired()).toEqual([]);
});
