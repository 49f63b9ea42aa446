"""One upload by an HTTP client of Python: python_clients.py WAY FILE URL [FIRST_URL].

It prints what its caller sees: the status, once the body is read, or the exception. With FIRST_URL
it asks for that first, on the connection that the upload then uses.
"""

import asyncio
import sys
import urllib.request
from importlib.metadata import version


def _parts(path):
    with open(path, "rb") as file:
        while part := file.read(65_536):
            yield part


def _body(way, path):
    if way.endswith("file"):
        return open(path, "rb")
    if way.endswith("generator"):
        return _parts(path)
    with open(path, "rb") as file:
        return file.read()


def _requests_like(module, way, path, url, first):
    with module.Session() as session:
        if first:
            session.get(first)
        return session.post(url, data=_body(way, path)).status_code


def _httpx(way, path, url, first):
    import httpx

    with httpx.Client() as client:
        if first:
            client.get(first)
        return client.post(url, content=_body(way, path)).status_code


async def _aiohttp(way, path, url, first):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        if first:
            async with session.get(first) as answer:
                await answer.read()
        async with session.post(url, data=_body(way, path)) as answer:
            await answer.read()
            return answer.status


def _urllib(way, path, url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=_body(way, path))) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def _send(way, path, url, first):
    client = way.split()[0]
    if client == "requests":
        import requests

        return _requests_like(requests, way, path, url, first)
    if client == "niquests":
        import niquests

        return _requests_like(niquests, way, path, url, first)
    if client == "httpx":
        return _httpx(way, path, url, first)
    if client == "aiohttp":
        return asyncio.run(_aiohttp(way, path, url, first))
    return _urllib(way, path, url)


def main():
    if sys.argv[1] == "--version":
        print(sys.version.split()[0] if sys.argv[2] == "urllib" else version(sys.argv[2]))
        return
    way, path, url, *first = sys.argv[1:]
    try:
        print(_send(way, path, url, first[0] if first else None))
    except Exception as error:
        print(f"{type(error).__module__.split('.')[0]}.{type(error).__name__}")


main()
