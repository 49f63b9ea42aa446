"""The page of a session: what was spoken, and what of it arrived."""

import re

import pytest
from playwright.sync_api import expect

from scribe_mock.audio import media_types
from tests.audio.factory import RATE, decode, encode, vowels
from tests.browser.visits import serious_findings
from tests.support import AUDIO

RECORDING = AUDIO / "consultation.ogg"
#: What of the recording is sent, in seconds.
SENT = ((0, 58.5), (66, 140))


@pytest.fixture(scope="module")
def chunks():
    sound = decode(RECORDING.read_bytes())
    parts = [sound[round(start * RATE) : round(end * RATE)] for start, end in SENT]
    return [encode(part, media_types.OGG_OPUS) for part in parts]


def create(api, *chunks, **mock):
    body = {"upload_type": "chunked", "additional_data": {"_mock": mock}}
    session_id = api.post("/voice/v1/sessions", json=body).json()["session_id"]
    for number, chunk in enumerate(chunks):
        address = f"/voice/v1/sessions/{session_id}/audio/audio_{number}.ogg"
        kind = {"Content-Type": media_types.OGG_OPUS}
        assert api.post(address, content=chunk, headers=kind).status_code == 200
    return session_id


@pytest.fixture
def gap(visitor, mock, api, chunks):
    """The page of a session in which 7.5 seconds are missing."""
    session_id = create(api, *chunks, follow_audio=True)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    expect(page.locator("#plot .arrived + .wave").first).to_be_visible()
    return page


def at(page, second, share):
    """Where a second is in the drawing, at a share of its height."""
    box = page.locator("#plot svg").bounding_box()
    return box["x"] + second / 139.18 * box["width"], box["y"] + share * box["height"]


def test_a_gap_is_drawn_told_and_listed(gap):
    expect(gap.locator("#said")).to_have_text(
        re.compile(r"consultation\.ogg: 9\d\.\d % of 139\.2 s arrived; stretches: missing 1\.")
    )
    drawing = gap.get_by_role("img", name=re.compile("missing 1"))
    expect(drawing.locator(".mark.missing .sign")).to_have_text("✕")
    expect(drawing.locator(".number")).to_have_text(["0", "1"])
    expect(gap.locator("#legend li")).to_have_text(re.compile(r"missing: 1, 7\.\d s"))
    row = gap.locator("#passages tr")
    expect(row).to_have_text(re.compile(r"missing58\.\d6\d\.\dafter chunk \ddid not arrive"))
    gap.get_by_text("Where each chunk belongs").click()
    belongs = re.compile(r"Chunk 1, 0\.\d to 7\d\.\d s: seconds 6\d\.\d to 139\.\d of the ref")
    expect(gap.locator("#matches")).to_have_text(belongs)
    assert serious_findings(gap) == []


def test_the_pointer_tells_seconds_and_a_click_plays(gap):
    gap.locator("#plot").scroll_into_view_if_needed()
    readout, player = gap.locator("#readout"), gap.locator("#player")
    gap.mouse.move(*at(gap, 62, 0.5))
    expect(readout).to_have_text(re.compile(r"6[12]\.\d s · in no chunk · missing"))
    gap.mouse.click(*at(gap, 62, 0.2))
    expect(player).to_have_attribute("data-played", "reference")
    assert player.evaluate("player => player.currentTime") > 61
    gap.mouse.move(*at(gap, 80, 0.5))
    expect(readout).to_have_text(re.compile(r"(79|80)\.\d s · chunk 1 at 1[34]\.\d s"))
    gap.mouse.click(*at(gap, 80, 0.9))
    expect(player).to_have_attribute("data-played", "arrived")
    assert 13 < player.evaluate("player => player.currentTime") < 20
    gap.mouse.click(*at(gap, 62, 0.9))
    expect(gap.get_by_role("button", name="Play what arrived")).to_be_disabled()


def test_all_of_it_works_by_keyboard(gap):
    position = gap.get_by_role("slider", name="Position, in seconds of the reference")
    position.focus()
    position.press("Home")
    for key in ("PageUp", "ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight"):
        position.press(key)
    assert float(position.input_value()) == pytest.approx(13.9 + 1 + 0.1, abs=0.2)
    expect(position).to_have_attribute("aria-valuetext", re.compile(r"s · chunk 0 at \d"))
    gap.get_by_role("button", name="Play what arrived").press("Enter")
    expect(gap.locator("#player")).to_have_attribute("data-played", "arrived")
    gap.get_by_role("button", name="Play the reference from 58", exact=False).last.press("Enter")
    expect(gap.locator("#player")).to_have_attribute("data-played", "reference")
    width = gap.locator("#plot svg").bounding_box()["width"]
    gap.get_by_role("button", name="Closer").press("Enter")
    assert gap.locator("#plot svg").bounding_box()["width"] == pytest.approx(2 * width, abs=2)
    gap.get_by_role("button", name="Wider").press("Enter")
    expect(gap.get_by_role("button", name="Wider")).to_be_disabled()


def test_a_reference_is_put_by_its_name_or_as_a_file_and_forgotten(visitor, mock, api, chunks):
    session_id = create(api, *chunks)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    expect(page.locator("#said")).to_contain_text("does not know what was spoken")
    button = page.get_by_role("button", name="Compare with it")
    name, problem = page.get_by_label("A recording of the fixtures"), page.locator(".reference")
    button.click()
    expect(problem).to_contain_text("Choose a file, or name a recording")
    name.fill("gone.ogg")
    button.click()
    expect(problem).to_contain_text("expected one of")
    name.fill("consultation.ogg")
    button.click()
    expect(page.locator("#passages tr")).to_have_count(1)
    page.get_by_label("or a file").set_input_files(AUDIO / "silence.wav")
    expect(name).to_have_value("")
    button.click()
    expect(page.locator("#said")).to_contain_text("the recording")
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#said")).to_contain_text("does not know what was spoken")
    expect(page.locator("#compared")).to_be_hidden()


def test_the_recording_that_a_transcript_follows_is_not_forgotten(gap):
    gap.get_by_role("button", name="Forget it").click()
    expect(gap.locator(".reference")).to_contain_text("its transcript follows the audio")
    expect(gap.locator("#passages tr")).to_have_count(1)


def test_it_is_drawn_anew_when_a_chunk_arrives(visitor, mock, api, chunks):
    session_id = create(api, chunks[0], follow_audio=True)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    expect(page.locator("#plot .number")).to_have_text(["0"])
    address = f"/voice/v1/sessions/{session_id}/audio/audio_1.ogg"
    api.post(address, content=chunks[1], headers={"Content-Type": media_types.OGG_OPUS})
    expect(page.locator("#plot .number")).to_have_text(["0", "1"])


def test_other_sound_is_not_drawn(visitor, mock, api):
    sound = encode(vowels(10), media_types.OGG_OPUS)
    session_id = create(api, sound, follow_audio=True)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    said = "Nothing of consultation.ogg arrived: this session's audio is of something else."
    expect(page.locator("#said")).to_have_text(said)
    expect(page.locator("#compared")).to_be_hidden()


HOUR = """() => {
  const began = performance.now();
  document.getElementById("closer").click();
  document.querySelector("#plot svg").getBoundingClientRect();
  return performance.now() - began;
}"""


def test_an_hour_is_drawn_quickly(visitor, mock):
    matches = [
        {"chunk": n, "start_s": 0, "end_s": 20, "reference_start_s": 20 * n}
        | {"reference_end_s": 20 * n + 20}
        for n in range(180)
    ]
    gaps = [{"start_s": 7.0 * n, "end_s": 7.0 * n + 0.3, "chunk": n} for n in range(500)]
    kinds = dict.fromkeys(("missing", "repeated", "reordered", "distorted"), gaps)
    reference = {"duration_s": 3600, "fixture": None}
    audio = {"reference": reference, "coverage_percent": 90, "matches": matches, **kinds}
    levels = {"step_s": 0.6, "reference": [50, 90, 5] * 2000}
    levels["chunks"] = [{"sequence": n, "levels": [60, 10, 80] * 11} for n in range(180)]
    visitor.context.route(
        "**/ledger?*", lambda route: route.fulfill(json={"audio": audio, "problems": []})
    )
    visitor.context.route("**/ledger/levels", lambda route: route.fulfill(json=levels))
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/demo_session_completed")
    expect(page.locator("#plot .arrived + .wave").first).to_be_visible()
    assert min(page.evaluate(HOUR) for _ in range(3)) < 1000
    expect(page.locator("#passages tr")).to_have_count(200)
    expect(page.locator("#more-passages")).to_have_text(
        "The first 200 of 2000; the ledger has all."
    )
