"""Steps that bring a session into a state, for recipes about what comes after."""

from scribe_mock.contract.recipes.step import Step
from scribe_mock.paths import BASE_PATH

CREATE = Step(
    operation="createSession",
    method="POST",
    path=f"{BASE_PATH}/sessions",
    value={"upload_type": "chunked"},
)
END = Step(operation="endSession", method="POST", path=f"{BASE_PATH}/sessions/{{session}}/end")
#: Get session, until processing is over.
DONE = Step(
    operation="getSession",
    method="GET",
    path=f"{BASE_PATH}/sessions/{{session}}",
    until="completed",
)
