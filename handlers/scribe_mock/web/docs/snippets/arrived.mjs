import assert from "node:assert/strict";
import { connect } from "./scribe-mock.mjs";

const scope = connect("http://127.0.0.1:8080").createScope();
await scope.dropAnswer("uploadAudio", { sequence: 1 });
const sessionId = await record(scope.baseUrl, scope.token); // your client
const uploads = await scope.requests({ operation: "uploadAudio" });
const [first, second] = uploads.filter(({ sequence }) => sequence === 1);
assert.equal(first.outcome, "dropped");
assert.equal(second.replyTo, first.id);
await scope.verify(1, { operation: "endSession" });
await scope.ledger(sessionId).assertComplete();
await scope.reset();
