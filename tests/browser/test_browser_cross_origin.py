"""Pages of other origins: what they must be able to do, and what not."""

import httpx
import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer

#: Another site, which the browser finds without a network.
ELSEWHERE = "http://elsewhere.example/"


@pytest.fixture
def foreign_page(visitor):
    page = visitor.context.new_page()
    page.route(f"{ELSEWHERE}**", lambda route: route.fulfill(body="<h1>A page</h1>"))
    page.goto(ELSEWHERE)
    return page


def test_a_12_mb_upload_in_mid_flight_reads_the_413(foreign_page, mock):
    status, code, limit = foreign_page.evaluate(
        """async (api) => {
            const headers = {Authorization: "Bearer any", "Content-Type": "audio/wav"};
            const json = {...headers, "Content-Type": "application/json"};
            const made = await fetch(`${api}/sessions`,
                {method: "POST", headers: json, body: '{"upload_type": "chunked"}'});
            const {session_id} = await made.json();
            const answer = await fetch(`${api}/sessions/${session_id}/audio/audio_0.wav`,
                {method: "POST", headers, body: new Uint8Array(12e6)});
            const {error} = await answer.json();
            return [answer.status, error.code, error.details.limit_bytes];
        }""",
        mock.base_url,
    )
    assert (status, code, limit) == (413, "chunk_too_large", 10_485_760)


def test_another_site_can_change_nothing(foreign_page, mock):
    answers = foreign_page.evaluate(
        """async (url) => {
            const send = (path, options) => fetch(url + path, options)
                .then((answer) => answer.status, () => "unreadable");
            return [
                await send("/_mock/reset", {method: "POST"}),
                await send("/_mock/reset", {method: "POST", mode: "no-cors"}),
                await send("/_mock/sessions/demo_session_created", {method: "DELETE"}),
                await send("/_mock/clock", {method: "POST", body: '{"freeze": true}'}),
                await send("/_mock/sessions"),
            ];
        }""",
        mock.url,
    )
    assert answers == [403, 0, 403, 403, 403]  # 0: what no-cors shows of any answer
    assert httpx.get(f"{mock.url}/_mock/clock").json()["frozen"] is False
    assert httpx.get(f"{mock.url}/_mock/health").json()["sessions"] == 8


def test_another_site_can_submit_no_form(foreign_page, mock):
    session_id = "only-here-until-reset"
    httpx.put(f"{mock.url}/_mock/sessions/{session_id}", json={"state": "created"})
    foreign_page.set_content(f"<form method=post action='{mock.url}/_mock/reset'><button>Go</form>")
    foreign_page.get_by_role("button").click()
    expect(foreign_page.locator("body")).to_contain_text("cross_site_refused")
    assert httpx.get(f"{mock.url}/_mock/sessions/{session_id}").status_code == 200


def test_a_frontend_on_another_port_may_use_the_control_api(visitor, mock):
    reset = "async (url) => (await fetch(`${url}/_mock/reset`, {method: 'POST'})).status"
    with MockServer() as other:
        page = visitor.context.new_page()
        host = other.base_url.replace("127.0.0.1", "localhost")
        page.goto(f"{host}/.well-known/medscribealliance")
        assert page.evaluate(reset, mock.url) == 204


#: What tracing, retries and SDKs add to the requests of a page.
ADDED = {
    "sentry-trace": "x",
    "baggage": "a=1",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-Requested-With": "XMLHttpRequest",
    "Idempotency-Key": "1",
    "flavour": "web",
    "sdk-version": "1.2",
    "X-timezone": "Asia/Kolkata",
    "Client-Id": "d",
}


def test_headers_that_libraries_add_stop_no_page(foreign_page, mock):
    seen = foreign_page.evaluate(
        """async ([api, added]) => {
            const base = {Authorization: "Bearer any", "Content-Type": "application/json"};
            const send = (path, headers) => fetch(api + path, {method: "POST", headers,
                credentials: "include", body: '{"upload_type": "chunked"}'});
            const seen = {};
            for (const [name, value] of Object.entries(added)) {
                const one = {...base, [name]: value};
                const sent = [send("/sessions", one), send("/sessions/no_such_session/end", one)];
                seen[name] = (await Promise.allSettled(sent)).map((each) => each.value?.status);
            }
            return seen;
        }""",
        [mock.base_url, ADDED],
    )
    assert seen == {name: [201, 404] for name in ADDED}
