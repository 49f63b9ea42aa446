"""Servers with TLS; the certificates beside this file are for tests alone, all with one key."""

from pathlib import Path

import pytest

from scribe_mock import cli
from tests.contract.independent_server import Running, Server

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = str(CERTIFICATES / "authority.pem")


class Encrypted(Server):
    """Its addresses are encrypted, too."""

    def upload_url(self, session, call):
        return super().upload_url(session, call).replace("://", "s://", 1)


def checked(capsys, certificate, *arguments, only="upload.row.7"):
    """Exit code and output of a check of a server with this certificate."""
    with Running(Encrypted(), ssl_certfile=CERTIFICATES / f"{certificate}.pem") as running:
        code = cli.main(["check", running.base_url, f"--only={only}", *arguments])
    return code, capsys.readouterr()


@pytest.mark.parametrize("only", ["upload.row.7", "stream.connect", "session.upload_url.works"])
def test_a_private_authority_is_trusted_when_it_is_named(capsys, only):
    code, shown = checked(capsys, "good", "--cacert", AUTHORITY, only=only)
    assert (code, shown.err) == (0, ""), shown.out


@pytest.mark.parametrize("certificate", ["expired", "another", "good"])
@pytest.mark.parametrize("only", ["upload.row.7", "stream.connect"])
def test_insecure_accepts_any_certificate(capsys, certificate, only):
    assert checked(capsys, certificate, "--insecure", only=only)[0] == 0


@pytest.mark.parametrize(
    ("certificate", "arguments", "reason"),
    [
        ("good", [], "the issuer of its certificate is unknown"),
        ("expired", ["--cacert", AUTHORITY], "its certificate has expired"),
        ("early", ["--cacert", AUTHORITY], "its certificate is not valid yet"),
        ("another", ["--cacert", AUTHORITY], "its certificate is not for this IP address"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(capsys, certificate, arguments, reason):
    code, shown = checked(capsys, certificate, *arguments)
    assert code == 2
    assert len(shown.err.splitlines()) == 1
    assert reason in shown.err
    assert "--insecure" in shown.err


def test_the_wrong_host_name_is_said(capsys):
    with Running(Encrypted(), ssl_certfile=CERTIFICATES / "another.pem") as running:
        url = running.base_url.replace("127.0.0.1", "localhost")
        assert cli.main(["check", url, "--cacert", AUTHORITY]) == 2
    assert "its certificate is for another host" in capsys.readouterr().err


def test_a_server_without_tls_is_said(capsys):
    with Running(Server()) as running:
        assert cli.main(["check", running.base_url.replace("http:", "https:")]) == 2
    said = capsys.readouterr().err
    assert "does not speak TLS" in said
    assert "http://" in said


@pytest.mark.parametrize("name", ["no-such-file.pem", "empty.pem"])
def test_a_file_without_certificates_is_refused(capsys, tmp_path, name):
    (tmp_path / "empty.pem").write_text("nothing\n")
    path = tmp_path / name
    assert cli.main(["check", "https://127.0.0.1:9/v1", "--cacert", str(path)]) == 2
    assert f"--cacert {path} can't be used" in capsys.readouterr().err
