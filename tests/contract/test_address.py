import pytest

from scribe_mock.contract.transport.address import Address, Origin


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("192.168.1.5", False),
        ("10.0.0.1", False),
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("no-such-host.invalid", False),
        ("a" * 70, False),
    ],
)
def test_a_host_is_public_when_it_has_a_public_address(host, public):
    assert Origin("https", host, 443).is_public() is public


@pytest.mark.parametrize(
    ("url", "host_field"),
    [
        ("http://a.example:80/v1", "a.example"),
        ("https://a.example/v1", "a.example"),
        ("http://[::1]:8080/v1/", "[::1]:8080"),
    ],
)
def test_the_host_field_leaves_out_the_default_port(url, host_field):
    assert Address.parse(url).origin.authority == host_field
