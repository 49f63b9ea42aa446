"""The recorder among faults: what can be saved arrives, and the page says what is not there."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from tests.support import Mock, comes_true, matched

UPLOAD = "uploadAudio"


@pytest.fixture
def control(mock):
    """The mock's control API."""
    caller = Mock(mock.url)
    yield caller
    caller.close()


@pytest.fixture
def page(visitor, mock):
    """The recorder, on a clock that a test can move on."""
    visitor.forgiven = "ERR_"  # the browser's own word for a connection that broke
    visitor.context.clock.install()
    return visitor.open(f"{mock.url}/_mock/ui/record")


def set_fault(control, action, operation=UPLOAD, times=1, **match):
    body = {"action": action, "match": {"operation": operation} | match, "times": times}
    return control.control("POST", "/faults", body)["id"]


def fired(control):
    """How often each fault fired, by its id."""
    return {one["id"]: one["fired"] for one in control.control("GET", "/faults")["faults"]}


def matches(control, fault_id):
    return next(
        one["matched"]
        for one in control.control("GET", "/faults")["faults"]
        if one["id"] == fault_id
    )


def start(page, method="chunked"):
    """Begin to record; the session's id."""
    page.get_by_label("Method").select_option(method)
    page.get_by_label("Seconds per chunk").fill("1")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_contain_text("Recording into")
    return matched("ses_[0-9a-f]{20}", page.get_by_role("status").inner_text())


def stop(page):
    page.get_by_role("button", name="Stop and send").click()


def line(page, number):
    return page.locator("#uploads li span").nth(number)


def test_a_recording_survives_every_fault_that_can_be_survived(page, control):
    set_fault(control, {"drop_answer": {}}, "createSession")
    set_fault(
        control, {"answer": {"code": "service_unavailable", "retry_after_seconds": 1}}, sequence=0
    )
    set_fault(control, {"cut": {"at": "upload", "after_bytes": 100}}, times=2, sequence=1)
    hangs = set_fault(control, {"drop_answer": {"how": "hang"}}, sequence=2)
    set_fault(control, {"expire_token": {}}, sequence=3)
    set_fault(control, {"drop_answer": {}}, "endSession")
    set_fault(control, {"answer": {"status": 500}}, "getSession", times=2)
    before = control.control("GET", "/sessions")["total"]
    session_id = start(page)
    assert comes_true(lambda: fired(control)[hangs])
    page.clock.fast_forward(40_000)  # beyond the time-out of an upload
    expect(line(page, 3)).to_contain_text("stored")

    set_fault(control, {"hold": {}})
    held = comes_true(lambda: control.control("GET", "/held")["held"])
    stop(page)
    expect(page.get_by_role("status")).to_have_text("Sending what is left…")
    assert control.control("GET", f"/sessions/{session_id}")["status"] == "recording"
    control.control("POST", f"/held/{held[0]['request_id']}/release")
    expect(page.locator("#state")).to_have_text("completed")

    lines = page.locator("#uploads li span").all_inner_texts()
    session = control.control("GET", f"/sessions/{session_id}")
    assert session["audio_files"] == [f"{number}.webm" for number in range(len(lines))]
    assert all(text.startswith("stored") for text in lines)
    expect(page.get_by_role("status")).to_have_text("The session is completed.")
    assert control.control("GET", "/sessions")["total"] == before + 1
    assert page.locator("#form").get_by_label("Token", exact=True).input_value() != "any"
    assert control.control("GET", "/faults?unfired=true")["faults"] == []
    ledger = control.control("GET", f"/sessions/{session_id}/ledger")
    # What is recorded last may have no sound in it.
    assert {problem["code"] for problem in ledger["problems"]} <= {"serious_audio"}


#: Uploads so many files of 200 kB; leaves the outbox in `window`.
UPLOADS = """async (count) => {
  const client = await import("/_mock/ui/assets/session-client.js");
  let renewals = 0;
  const renewToken = async () => `new-${++renewals}`;
  const api = { base: "/voice/v1", token: "old", renewToken };
  const session = await client.createSession(api, "chunked");
  const retries = {};
  const outbox = new client.Outbox(api, session.session_id, (name, event, error, _, seconds) => {
    if (event === "retry") (retries[name] ??= []).push({ status: error.status, seconds });
  });
  for (let number = 0; number < count; number++) {
    const bytes = new Uint8Array(200_000).fill(number);
    outbox.add(`audio_${number}.webm`, new Blob([bytes], { type: "audio/webm;codecs=opus" }));
  }
  await outbox.settled();
  await outbox.reconcile();
  const [kept, refused] = [[...outbox.kept.keys()], [...outbox.refused.keys()]];
  window.outbox = outbox;
  return { id: session.session_id, renewals, retries, kept, refused };
}"""


def names(*numbers):
    return [f"audio_{number}.webm" for number in numbers]


def test_each_upload_is_sent_again_when_that_can_help_and_only_then(page, control):
    survived: list[dict] = [
        {"answer": {"code": "rate_limit_exceeded", "retry_after_seconds": 1}},
        {"answer": {"status": 502, "body": "<html>a proxy</html>"}},
        {"answer": {"status": 200, "body": "<html>a login page of a hotel</html>"}},
        {"answer": {"status": 408}},
        {"throttle": {"upload_bytes_per_second": 400_000}},
        {"drop_answer": {"how": "close"}},
        {"cut": {"at": "upload", "after_bytes": 100_000, "how": "close"}},
        {"cut": {"at": "answer", "after_bytes": 5}},
        {"limit": {"bytes": 1000, "delivery": "early_reset"}},
        {"drop_chunk": {}},
    ]
    set_fault(control, {"answer": {"code": "token_expired"}}, times=2)
    for sequence, action in enumerate(survived):
        # Chromium itself sends an upload again after a 408, and when a connection breaks.
        set_fault(control, action, times=2 if "answer" in action else 1, sequence=sequence)
    too_large = ["early_drain", "early_close", "late", "expect_only"]
    final = [{"limit": {"bytes": 1000, "delivery": delivery}} for delivery in too_large]
    final.append({"answer": {"code": "invalid_audio_format"}})
    count = len(survived) + len(final)
    once = [
        set_fault(control, action, times=None, sequence=sequence)
        for sequence, action in enumerate(final, len(survived))
    ]
    expired = set_fault(control, {"answer": {"code": "token_expired"}}, times=None, sequence=count)
    done = page.evaluate(UPLOADS, count + 1)

    assert sorted(done["refused"]) == names(*range(len(survived), count))
    assert {matches(control, fault_id) for fault_id in once} <= {1, 2}  # 2: by the browser itself
    assert (matches(control, expired), done["kept"]) == (2, names(count))
    assert done["renewals"] == 2  # one for the first two, one for the last
    rate_limited, _ = done["retries"]["audio_0.webm"]
    assert rate_limited["status"] == 429
    assert 1 < rate_limited["seconds"] < 2
    control.control("DELETE", f"/faults/{expired}")
    page.evaluate("() => { outbox.sendAgain(); return outbox.settled(); }")
    stored = {
        chunk["sequence"]: chunk["sha256"]
        for chunk in control.control("GET", f"/sessions/{done['id']}")["chunks"]
    }
    assert stored == {
        number: hashlib.sha256(bytes([number]) * 200_000).hexdigest()
        for number in [*range(len(survived)), count]
    }


def test_what_could_not_be_sent_is_kept_and_what_was_refused_is_told(page, control):
    set_fault(control, {"limit": {"bytes": 100, "delivery": "late"}}, sequence=0)
    much_later = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}
    busy = {"answer": {"code": "service_unavailable", "headers": much_later}}
    fails = set_fault(control, busy, times=None, sequence=1)
    session_id = start(page)
    expect(line(page, 0)).to_contain_text("not stored: chunk_too_large")
    expect(line(page, 2)).to_contain_text("stored,")
    stop(page)
    expect(page.get_by_role("status")).to_have_text("Sending what is left…")
    for attempt in range(1, 8):
        said = rf"attempt {attempt} failed \(503\), again in (6|7)\d s"
        expect(line(page, 1)).to_contain_text(re.compile(said))
        page.clock.fast_forward(80_000)
    again = page.get_by_role("button", name="Send again")
    assert matches(control, fails) == 8
    expect(line(page, 1)).to_contain_text("not stored: service_unavailable")
    # The last file of a recording may come a moment after the button was pressed.
    expect(page.get_by_role("status")).to_contain_text("files could not be sent")
    count = page.locator("#uploads li").count()
    expect(page.get_by_role("status")).to_contain_text(f"1 of {count} files could not be sent")
    expect(page.locator("#uploads li span", has_text=re.compile("^stored,"))).to_have_count(
        count - 2
    )
    assert control.control("GET", f"/sessions/{session_id}")["status"] == "recording"
    control.control("DELETE", f"/faults/{fails}")
    down = set_fault(control, {"answer": {"status": 503}}, "endSession", times=None)
    again.click()
    expect(line(page, 1)).to_contain_text("stored,")
    assert comes_true(lambda: page.clock.fast_forward(20_000) or again.is_visible())
    expect(page.get_by_role("status")).to_contain_text("The session is not ended yet.")
    control.control("DELETE", f"/faults/{down}")
    again.click()
    expect(page.locator("#state")).to_have_text("completed")
    expect(page.get_by_role("status")).to_have_text(
        f"The session is completed. The server has {count - 1} of {count} files."
    )


def test_when_a_session_is_gone_the_whole_recording_goes_to_a_new_one(page, control):
    session_id = start(page)
    expect(line(page, 0)).to_contain_text("stored,")
    control.control("DELETE", f"/sessions/{session_id}")
    expect(page.get_by_role("status")).to_have_text(
        "The session is gone. All that was recorded goes to a new one."
    )
    expect(line(page, 2)).to_contain_text("stored,")
    stop(page)
    expect(page.locator("#state")).to_have_text("completed")
    found = page.evaluate("JSON.parse(document.getElementById('session').innerText)")
    assert found["session_id"] != session_id
    count = page.locator("#uploads li").count()
    assert found["audio_files"] == [f"{number}.webm" for number in range(count)]

    set_fault(control, {"answer": {"code": "session_expired"}}, times=None)
    start(page)
    expect(line(page, 0)).to_contain_text("not stored: session_expired")
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    expect(page.get_by_role("status")).to_contain_text("expired")


def test_a_stream_that_breaks_is_opened_again(page, control):
    stream = {"operation": "streamAudio"}
    set_fault(control, {"socket": {"close_code": 1011, "after_bytes": 30_000}}, **stream)
    set_fault(control, {"cut": {"at": "upload", "after_bytes": 30_000, "how": "reset"}}, **stream)
    session_id = start(page, "stream")
    expect(line(page, 0)).to_contain_text(re.compile("broken at .*1011.*lost; opening it again"))
    expect(line(page, 0)).to_contain_text(re.compile("1006.*lost; opening it again"))
    sent = float(line(page, 0).inner_text().split(" s sent")[0])
    assert comes_true(lambda: float(line(page, 0).inner_text().split(" s sent")[0]) > sent + 0.5)
    stop(page)
    expect(page.locator("#state")).to_have_text("completed")
    assert len(control.control("GET", f"/sessions/{session_id}")["chunks"]) >= 2


#: What a page finds that others left behind: the numbers of files.
LEFT_BEHIND = """async () => {
  const { leftBehind } = await import("/_mock/ui/assets/kept-recordings.js");
  return (await leftBehind()).map(({ count }) => count);
}"""


def test_what_a_page_left_behind_is_sent_by_the_next_one(page, visitor, mock, control):
    session_id = start(page)
    expect(line(page, 1)).to_contain_text("stored,")
    set_fault(control, {"answer": {"status": 503}}, times=None)
    expect(line(page, 2)).to_contain_text("503")
    address = f"{mock.url}/_mock/ui/record"
    assert visitor.open(address).evaluate(LEFT_BEHIND) == []  # the first page is still busy
    page.close()

    control.control("DELETE", "/faults")
    following = visitor.open(address)
    notice = following.get_by_role("region", name="An earlier recording")
    expect(notice).to_contain_text("files of it are kept")
    (count,) = following.evaluate(LEFT_BEHIND)
    assert count >= 3
    expect(notice).to_contain_text(f"{count} files of it are kept")
    following.get_by_role("button", name="Send what is kept").click()
    expect(following.locator("#state")).to_have_text("completed")
    session = control.control("GET", f"/sessions/{session_id}")
    assert session["audio_files"] == [f"{number}.webm" for number in range(count)]
    assert visitor.open(address).evaluate(LEFT_BEHIND) == []


def test_what_a_page_left_behind_can_be_thrown_away(page, visitor, mock):
    start(page)
    expect(line(page, 0)).to_contain_text("stored,")
    page.close()
    following = visitor.open(f"{mock.url}/_mock/ui/record")
    following.get_by_role("button", name="Throw it away").click()
    expect(following.get_by_role("region", name="An earlier recording")).to_be_hidden()
    assert following.evaluate(LEFT_BEHIND) == []
