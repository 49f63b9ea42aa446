"""python.py VARIANT FILE URL...: posts a file with one of Python's HTTP clients."""

import asyncio
import platform
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path


def with_requests(file, urls, bodies):
    import requests

    with requests.Session() as session:
        for url in urls:
            yield session.post(url, data=bodies(file), timeout=25).status_code


def with_httpx(file, urls, bodies):
    import httpx

    with httpx.Client() as client:
        for url in urls:
            yield client.post(url, content=bodies(file)).status_code


def with_aiohttp(file, urls, bodies):
    import aiohttp

    async def post_all():
        async with aiohttp.ClientSession() as session:
            said = []
            for url in urls:
                try:
                    async with session.post(url, data=bodies(file)) as answer:
                        said.append(answer.status)
                except Exception as error:
                    return [*said, error]
            return said

    for one in asyncio.run(post_all()):
        if isinstance(one, Exception):
            raise one
        yield one


def with_urllib(file, urls, bodies):
    for url in urls:
        try:
            yield urllib.request.urlopen(url, data=bodies(file), timeout=25).status
        except urllib.error.HTTPError as error:
            yield error.code


def generator(file):
    yield Path(file).read_bytes()


BODIES = {
    "file": lambda file: open(file, "rb"),
    "bytes": lambda file: Path(file).read_bytes(),
    "generator": generator,
}
client, _, body = sys.argv[1].partition("_")
if body == "version":
    print(f"Python {platform.python_version()}" if client == "urllib" else version(client))
    raise SystemExit
said = []
try:
    for status in globals()[f"with_{client}"](sys.argv[2], sys.argv[3:], BODIES[body]):
        said.append(str(status))
except Exception as error:
    said.append(f"{type(error).__name__}")
print(*said)
