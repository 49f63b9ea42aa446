// The whole module, under the test runner of Node.js itself.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, test } from "node:test";

import { App } from "./app.mjs";
import { ControlError, Scope, VerificationFailed, connect } from "./client/scribe-mock.mjs";

const mock = connect(process.env.MOCK_URL);
const digest = (text) => createHash("sha256").update(text).digest("hex");

let scope;
beforeEach(() => {
  scope = mock.createScope();
});
afterEach(() => scope.reset());

const CALLS = {
  answer: [(s) => s.fail("endSession", { code: "service_unavailable", retryAfter: 2 }),
    { code: "service_unavailable", retry_after_seconds: 2 }, { operation: "endSession" }],
  delay: [(s) => s.delay("getSession", { minSeconds: 1, maxSeconds: 2 }),
    { min_seconds: 1, max_seconds: 2 }, { operation: "getSession" }],
  throttle: [(s) => s.throttle(null, { uploadBytesPerSecond: 1000 }),
    { upload_bytes_per_second: 1000 }, {}],
  cut: [(s) => s.cut("uploadAudio", { sequence: 2, afterBytes: 100, how: "close" }),
    { at: "upload", after_bytes: 100, how: "close" }, { operation: "uploadAudio", sequence: 2 }],
  drop_answer: [(s) => s.dropAnswer("endSession", { how: "hang" }),
    { how: "hang" }, { operation: "endSession" }],
  drop_chunk: [(s) => s.dropChunk(undefined, { sequence: 1 }),
    {}, { operation: "uploadAudio", sequence: 1 }],
  limit: [(s) => s.limit("uploadAudio", { bytes: 1000, delivery: "late", fileName: "*.mp3" }),
    { bytes: 1000, delivery: "late" }, { operation: "uploadAudio", fileName: "*.mp3" }],
  hold: [(s) => s.hold("uploadAudio", { uploadType: "chunked" }),
    {}, { operation: "uploadAudio", uploadType: "chunked" }],
  expire_token: [(s) => s.expireToken("uploadAudio"), {}, { operation: "uploadAudio" }],
  processing: [(s) => s.processing(null, { failTemplate: "soap", outcome: "partial" }),
    { fail_template: "soap", outcome: "partial" }, {}],
  socket: [(s) => s.socket(undefined, { closeCode: 1011, afterBytes: 3200 }),
    { close_code: 1011, after_bytes: 3200 }, { operation: "streamAudio" }],
  webhook: [(s) => s.webhook(undefined, { repeat: 2, reorder: true }),
    { repeat: 2, reorder: true }, { operation: "deliverWebhook" }],
};

for (const [action, [set, values, match]] of Object.entries(CALLS)) {
  test(`${action} is set as it is said`, async () => {
    const fault = await set(scope);
    const [found] = await scope.faults();
    assert.equal(found.id, fault.id);
    assert.deepEqual(Object.keys(found.action), [action]);
    for (const [name, value] of Object.entries(values)) {
      assert.equal(found.action[action][name], value);
    }
    assert.deepEqual(found.match, match);
    await fault.remove();
    assert.deepEqual(await scope.faults(), []);
  });
}

test("a fault counts what it matched and fired", async () => {
  const app = await new App(scope).create();
  const options = { sequence: 3, status: 503, retryAfter: 1, times: 2 };
  const fault = await scope.fail("uploadAudio", options);
  const answers = [];
  for (const sequence of [2, 3, 3, 3]) answers.push(await app.upload(sequence));
  assert.deepEqual(answers.map((answer) => answer.status), [200, 503, 503, 200]);
  assert.equal(answers[1].headers.get("retry-after"), "1");
  assert.deepEqual([await fault.matched(), await fault.fired()], [3, 2]);
});

test("unfired faults are listed unless they are optional", async () => {
  const lost = await scope.fail("endSession");
  await scope.dropChunk("uploadAudio", { sequence: 9, optional: true });
  assert.deepEqual((await scope.unfired()).map((fault) => fault.id), [lost.id]);
  assert.match(String(lost), /answer \(status 503\) on operation endSession/);
});

test("scopes do not see each other, and the server's own calls are for all", async () => {
  const other = mock.createScope();
  await other.fail("uploadAudio");
  await other.clock.advance({ hours: 2 });
  const app = await new App(scope).create();
  assert.equal((await app.upload(0)).status, 200);
  assert.deepEqual(await other.requests(), []);
  assert.ok((await other.clock.now()) - (await scope.clock.now()) > 3_600_000);
  assert.equal((await mock.requests({ sessionId: app.sessionId })).length, 2);
  await other.reset();
  assert.equal((await scope.requests()).length, 2);
});

test("requests wait until they are released in the order of the test", async () => {
  const app = await new App(scope).create();
  await scope.hold("uploadAudio", { times: 3 });
  const uploads = [app.upload(0), app.upload(1), app.upload(2)];
  const held = [];
  for (const sequence of [0, 1, 2]) held.push(await scope.waitForHeld({ sequence }));
  assert.equal((await scope.held()).length, 3);
  await scope.refuse(held[2], { status: 503, code: "service_unavailable" });
  await scope.releaseInOrder([held[1], held[0].id]);
  const statuses = await Promise.all(uploads.map(async (upload) => (await upload).status));
  assert.deepEqual(statuses, [200, 200, 503]);
  await scope.hold("endSession");
  const end = app.end(2);
  await scope.release(await scope.waitForHeld({ operation: "endSession" }));
  assert.equal((await end).status, 202);
  await assert.rejects(scope.waitForHeld({ timeout: 0 }), /No such request was held/);
});

test("the clock moves for this scope", async () => {
  await scope.clock.freeze();
  const before = await scope.clock.now();
  await scope.clock.advance({ days: 1, hours: 2, minutes: 1, seconds: 30 });
  assert.equal((await scope.clock.now()) - before, 93_690_000);
  await scope.clock.thaw();
});

test("sessions are made in any state", async () => {
  const session = await scope.sessions.create({ state: "completed", templates: ["soap"] });
  assert.equal(session.status, "completed");
  assert.equal((await scope.sessions.get(session.id)).status, "completed");
  const put = await scope.sessions.create({ state: "expired", sessionId: session.id });
  assert.deepEqual([put.id, put.status], [session.id, "expired"]);
  await scope.sessions.create({ uploadType: "single" });
  const listed = await scope.sessions.list();
  assert.deepEqual(listed.map((one) => one.uploadType), ["chunked", "single"]);
});

test("the journal and verify tell what arrived", async () => {
  const app = await new App(scope).create();
  await app.upload(0, "abc");
  await app.upload(0, "abc");
  const [created, first, again] = await scope.requests();
  assert.deepEqual([created.operation, created.status], ["createSession", 201]);
  assert.equal(first.sha256, digest("abc"));
  assert.equal(again.replyTo, first.id);
  assert.equal((await scope.har()).log.entries.length, 3);
  assert.equal(await scope.verify(2, { operation: "uploadAudio", sha256: digest("abc") }), 2);
  assert.equal(await scope.verify({ atLeast: 1, atMost: 5 }), 3);
  await assert.rejects(scope.verify(1, { operation: "uploadAudio" }), VerificationFailed);
});

test("the ledger tells a complete recording from one with a hole", async () => {
  const app = await new App(scope).create();
  await app.upload(0, "zero");
  await app.upload(2, "two");
  await app.end(2);
  const ledger = await scope.ledger(app.sessionId);
  assert.equal(ledger.verdict, "incomplete");
  assert.equal(ledger.chunks[0].sha256, digest("zero"));
  assert.throws(() => ledger.assertComplete(), /gap: /);
  await assert.rejects(scope.ledger(app.sessionId).assertComplete(), /is incomplete/);
  await ledger.verify([digest("zero"), digest("two")]);
  await assert.rejects(scope.ledger(app.sessionId).verify([digest("zero")]), VerificationFailed);
  const whole = await new App(scope).create();
  await whole.upload(0, await readFile("audio.webm"));
  await whole.end(1);
  await scope.ledger(whole.sessionId).assertComplete();
});

test("the ledger says which seconds of what was spoken are missing", async () => {
  const app = await new App(scope).create();
  const file = await fetch(`${process.env.MOCK_URL}/fixtures/audio/speech.webm`);
  const spoken = new Uint8Array(await file.arrayBuffer());
  await app.upload(0, spoken);
  await app.end(1);
  const nothing = await scope.ledger(app.sessionId);
  assert.equal(nothing.audio, null);
  assert.throws(() => nothing.missing, /putReference/);
  assert.throws(() => nothing.coveragePercent, /putReference/);
  const put = (reference) => scope.sessions.putReference(app.sessionId, reference);
  const sent = await put({ audio: spoken });
  assert.deepEqual([sent.mediaType, sent.sha256, sent.fixture],
    ["audio/webm;codecs=opus", digest(spoken), null]);
  assert.deepEqual(await put({ audio: new Blob([spoken]) }), sent);
  const whole = await scope.ledger(app.sessionId);
  whole.assertComplete();
  assert.deepEqual([whole.missing, whole.coveragePercent], [[], 100]);
  assert.equal((await put({ fixture: "consultation.ogg" })).fixture, "consultation.ogg");
  const other = await scope.ledger(app.sessionId);
  const { endS, chunk } = other.missing.at(-1);
  assert.deepEqual([chunk, Math.round(endS)], [0, Math.round(other.audio.reference.durationS)]);
  assert.equal(other.audio.reference.fixture, "consultation.ogg");
  assert.throws(() => other.assertComplete(), /missing: Seconds/);
  await assert.rejects(put({ fixture: "x.wav" }), /speech\.wav/);
  await assert.rejects(put({ audio: "no audio" }), ControlError);
  await assert.rejects(put({}), TypeError);
  await assert.rejects(put({ fixture: "a", path: "b" }), /no option path/);
  await scope.sessions.forgetReference(app.sessionId);
  assert.equal((await scope.ledger(app.sessionId)).audio, null);
});

test("what the mock refuses is said in its words", async () => {
  await assert.rejects(scope.limit("uploadAudio", { bytes: -1 }), (error) => {
    assert.ok(error instanceof ControlError);
    assert.deepEqual([error.status, error.code], [422, "invalid_request"]);
    return /\$\.action/.test(error.message);
  });
  await assert.rejects(scope.fail("endSession", { sequnce: 3 }), /no option sequnce/);
  await assert.rejects(new Scope("http://127.0.0.1:9").requests(), /No answer from the mock/);
});
