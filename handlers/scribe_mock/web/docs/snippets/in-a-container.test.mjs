import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenericContainer, Wait } from "testcontainers";
import { connect } from "./scribe-mock.mjs";

let container, mock;

before(async () => {
  container = await new GenericContainer("scribe-mock")
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp("/_mock/ready", 8080).forStatusCode(204))
    .start();
  mock = connect(`http://${container.getHost()}:${container.getMappedPort(8080)}`);
});

after(() => container?.stop());

test("a session expires", async () => {
  const scope = mock.createScope();
  const session = await scope.sessions.create({ state: "recording" });
  await scope.clock.advance({ hours: 2 });
  assert.equal((await scope.sessions.get(session.id)).status, "expired");
});
