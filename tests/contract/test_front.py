"""Answers of a server in front and of the application, with pages as real servers send them."""

import pytest
from starlette.responses import Response

from scribe_mock.contract.transport.address import Origin
from scribe_mock.contract.transport.front import Front
from scribe_mock.contract.transport.message import Answer, Delivery, Request
from tests.contract.checking import run
from tests.contract.independent_server import Server

HOME = Origin("http", "127.0.0.1", 80)
HTML = ("Content-Type", "text/html")
TEXT = ("Content-Type", "text/plain; charset=utf-8")
DATE = ("Date", "Fri, 27 Nov 2026 20:00:00 GMT")
LONG = "/voice/v1/sessions/" + "x" * 9000


def answer(status, fields=(), page="", *, method="GET", target="/voice/v1/sessions/a", **how):
    request = Request(origin=HOME, method=method, target=target, **how)
    return Answer(request=request, status=status, headers=tuple(fields), body=page.encode())


def nginx(title, words=None, name="nginx/1.22.1"):
    return (
        f"<html>\r\n<head><title>{words or title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n"
        + (f"<center>{words}</center>\r\n" if words else "")
        + f"<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
    )


def apache(title, text):
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{title}</title>\n</head><body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body></html>\n"
    )


def haproxy(title, text):
    return f"<html><body><h1>{title}</h1>\n{text}\n</body></html>\n"


NGINX = (("Server", "nginx/1.22.1"), DATE, HTML)
APACHE = (DATE, ("Server", "Apache"), ("Content-Type", "text/html; charset=iso-8859-1"))
ENVOY = (("Server", "envoy"), DATE)
CADDY = (TEXT, ("Connection", "close"))
UVICORN = (TEXT, ("Connection", "close"))

#: Server → fields of its application's answers, its answer to a broken request, and a later one.
FRONTS = {
    "nginx": (
        NGINX[:2],
        answer(400, NGINX, nginx("400 Bad Request")),
        answer(414, NGINX, nginx("414 Request-URI Too Large"), target=LONG),
    ),
    "nginx, a null in the path": (
        NGINX[:2],
        answer(400, NGINX, nginx("400 Bad Request")),
        answer(400, NGINX, nginx("400 Bad Request"), target="/voice/v1/sessions/%00"),
    ),
    "nginx, a control in the query": (
        NGINX[:2],
        answer(400, NGINX, nginx("400 Bad Request")),
        answer(400, NGINX, nginx("400 Bad Request"), target="/voice/v1/sessions?version=%05"),
    ),
    "nginx, long fields": (
        NGINX[:2],
        answer(400, NGINX, nginx("400 Bad Request")),
        answer(
            400,
            NGINX,
            nginx("400 Bad Request", "Request Header Or Cookie Too Large"),
            headers=(("X-Filler", "x" * 40_000),),
        ),
    ),
    "nginx, an odd method": (
        NGINX[:2],
        answer(400, NGINX, nginx("400 Bad Request")),
        answer(405, NGINX, nginx("405 Not Allowed"), method="TRACE"),
    ),
    "openresty behind a balancer": (
        (("Server", "openresty"),),
        answer(400, (("Server", "awselb/2.0"), HTML), nginx("400 Bad Request", name="")),
        answer(
            413,
            (("Server", "openresty"), HTML),
            nginx("413 Request Entity Too Large", name="openresty"),
            method="POST",
            body=bytes(12_000_000),
        ),
    ),
    "Apache": (
        APACHE[:2],
        answer(400, APACHE, apache("400 Bad Request", "Your browser sent a request.")),
        answer(
            404,
            APACHE,
            apache("404 Not Found", "The requested URL was not found on this server."),
            target="/voice/v1/sessions/a%2Fb",
        ),
    ),
    "HAProxy": (
        (("Server", "gunicorn"),),
        answer(400, (HTML,), haproxy("400 Bad request", "Your browser sent an invalid request.")),
        answer(
            400,
            (HTML,),
            haproxy("400 Bad request", "Your browser sent an invalid request."),
            headers=(("X-Odd", "\u00ff"),),
        ),
    ),
    "Caddy": (
        (("Server", "Caddy"), DATE),
        answer(400, CADDY, "400 Bad Request"),
        answer(
            431,
            CADDY,
            "431 Request Header Fields Too Large",
            headers=(("X-Filler", "x" * 2_000_000),),
        ),
    ),
    "Envoy": (
        ENVOY,
        answer(400, ENVOY),
        answer(400, ENVOY, target="/voice/v1/sessions/a%2Fb"),
    ),
    "a cloud's balancer": (
        (("Server", "gunicorn"),),
        answer(
            400, (("Server", "Microsoft-Azure-Application-Gateway/v2"), HTML), "<html>no</html>"
        ),
        answer(
            501,
            (("Server", "Microsoft-Azure-Application-Gateway/v2"), HTML),
            "<html>Not Implemented</html>",
            method="BREW",
        ),
    ),
    "the parser of the application's own server": (
        (("Server", "uvicorn"), DATE),
        answer(400, UVICORN, "Invalid HTTP request received."),
        answer(400, UVICORN, "Invalid HTTP request received.", headers=(("X-Odd", "\x01"),)),
    ),
}


def met(usual, fault):
    front = Front()
    front.learn(fault)
    front.note(answer(200, (*usual, ("Content-Type", "application/json")), '{"status": "created"}'))
    return front


@pytest.mark.parametrize("name", FRONTS)
def test_what_a_server_in_front_answers_does_not_count(name):
    usual, fault, later = FRONTS[name]
    assert met(usual, fault).excuses(later)


EXPRESS = "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n<title>Error</title>"
WERKZEUG = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No"
)

#: What an application behind nginx answers, or nginx to ordinary requests: it counts.
COUNTS = {
    "the envelope": answer(
        400,
        (NGINX[0], ("Content-Type", "application/json")),
        '{"error": {"code": "not_found", "message": "No."}}',
        target="/voice/v1/sessions/%00",
    ),
    "a page of Express": answer(404, NGINX, f"{EXPRESS}</head>", target="/voice/v1/sessions/a%2Fb"),
    "a page of Werkzeug": answer(404, NGINX, WERKZEUG, target="/voice/v1/sessions/a%2Fb"),
    "an empty answer": answer(404, NGINX[:2], target="/voice/v1/sessions/a%2Fb"),
    "nginx's page in place of the application's": answer(404, NGINX, nginx("404 Not Found")),
    "a body that the contract lets through": answer(
        413, NGINX, nginx("413 Request Entity Too Large"), method="POST", body=bytes(2_000_000)
    ),
    "no application behind it": answer(502, NGINX, nginx("502 Bad Gateway"), method="BREW"),
    "a page of nginx with success": answer(200, NGINX, nginx("200 OK"), target="/a//b"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_what_the_application_answers_counts(name):
    usual, fault, _ = FRONTS["nginx"]
    assert not met(usual, fault).excuses(COUNTS[name])


def test_an_application_without_a_front_is_judged_by_its_pages():
    front = met((("X-Powered-By", "Express"), DATE), answer(400, (("Connection", "close"),)))
    headers = (("X-Powered-By", "Express"), DATE, HTML)
    assert not front.excuses(answer(404, headers, EXPRESS, target="/voice/v1/sessions/a%2Fb"))
    assert not front.excuses(answer(404, headers[:2], target="/voice/v1/sessions/a%2Fb"))
    assert front.product == ""


@pytest.mark.parametrize(
    ("name", "product"), [("nginx", "nginx"), ("HAProxy", "an HTTP server"), ("Envoy", "envoy")]
)
def test_the_server_in_front_is_named(name, product):
    usual, fault, _ = FRONTS[name]
    assert met(usual, fault).product == product


def test_a_refusal_of_a_body_that_is_held_back_may_come_from_the_front():
    usual, fault, _ = FRONTS["nginx"]
    late = answer(
        408, NGINX, nginx("408 Request Time-out"), method="POST", delivery=Delivery.WITHHELD
    )
    assert met(usual, fault).excuses(late)


class Lost(Server):
    """Its application is gone after a while, and a gateway says so."""

    async def respond(self, scope, receive):
        if self.calls > 100:
            return Response(nginx("502 Bad Gateway"), 502, {"content-type": "text/html"})
        return await super().respond(scope, receive)


def test_an_application_that_is_gone_is_one_finding():
    report = run(Lost(), only=("upload", "create", "store", "fuzz", "server"))
    assert [one.rule.id for one in report.findings if not one.is_note] == ["server.no_5xx"]
    assert report.exit_code != 0
