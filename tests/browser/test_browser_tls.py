"""A microphone over the network: browsers give it to pages of https alone."""

import pytest
from playwright.sync_api import Browser

from scribe_mock.server.certificates import lan_address
from tests.test_cli import started
from tests.test_tls import cache

__all__ = ["cache"]

#: Whether the page may use the microphone, and what it gets.
ASK = """async () => {
  if (!isSecureContext || !navigator.mediaDevices) return "no secure context";
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  return stream.getAudioTracks()[0].readyState;
}"""


@pytest.mark.parametrize(
    ("options", "expected"), [(["--self-signed"], "live"), ([], "no secure context")]
)
def test_a_page_gets_the_microphone_over_https_alone(browser: Browser, cache, options, expected):
    address = lan_address()
    if address is None:
        pytest.skip("this machine has no address in a network")
    environment = {"XDG_CACHE_HOME": str(cache)}
    with started("--port", "0", "--host", "0.0.0.0", "--quiet", *options, **environment) as server:
        # As somebody who accepted the certificate once.
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{server.url.replace('localhost', address)}/_mock/ui/record")
        assert page.evaluate(ASK) == expected
        context.close()
