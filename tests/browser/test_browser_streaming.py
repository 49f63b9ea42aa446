"""The recorder's stream mode, through the WebSocket of the contract ("Stream audio")."""

import base64
import json
import re

import httpx
from playwright.sync_api import expect


def test_a_stream_is_text_frames_of_pcm_and_becomes_chunks(visitor, mock):
    frames = []
    page = visitor.context.new_page()
    page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda text: frames.append(json.loads(text))),
    )
    page.goto(f"{mock.url}/_mock/ui/record")
    page.get_by_label("Method").select_option("stream")
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#uploads li span")).to_contain_text(re.compile("[1-9] s sent"))
    page.get_by_role("button", name="Stop and send").click()
    expect(page.locator("#state")).to_have_text("completed")
    start, *media, stop = frames
    sample_rate = start["start"]["mediaFormat"]["sampleRate"]
    assert start["start"]["mediaFormat"]["encoding"] == "audio/x-l16"
    assert stop == {"event": "stop"}
    assert {frame["event"] for frame in media} == {"media"}
    for frame in media:  # a tenth of a second each, two bytes a sample
        assert len(base64.b64decode(frame["media"]["payload"])) == sample_rate // 10 * 2
    overview = f"{mock.url}/_mock/overview?state=completed"
    recorded = httpx.get(overview, trust_env=False).json()["sessions"][0]
    assert (recorded["upload_type"], recorded["chunks"]) == ("stream", 1)
