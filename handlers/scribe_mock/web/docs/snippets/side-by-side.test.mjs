import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "./scribe-mock.mjs";

const mock = connect("http://127.0.0.1:8080");

for (const hours of [0, 2]) {
  test(`after ${hours} hours`, async () => {
    const scope = mock.createScope(); // a new token
    const session = await scope.sessions.create({ state: "recording" });
    await scope.clock.advance({ hours });
    const { status } = await scope.sessions.get(session.id);
    assert.equal(status, hours < 1 ? "recording" : "expired");
    await scope.reset();
  });
}
