"""The probe application, contract 1, for ASGI over SCGI: aioscgi.

    aioscgi --tcp 127.0.0.1:4000 probe_asgi:application
"""

import asyncio
import hashlib
import importlib.metadata
import json
import os
import urllib.parse

ALPHABET = bytes(range(ord("a"), ord("z") + 1))
PIECE = 65536  # long enough that the writes do not count, short enough that a body of any size fits in memory
CAN = ["output", "write", "duplex", "throw", "pause"]


class Asked:
    """What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'."""

    def __init__(self, query):
        self.headers, last = [], {}
        for pair in query.split(b"&"):
            key, _, value = pair.partition(b"=")
            last[key] = value = urllib.parse.unquote_to_bytes(value)
            if key == b"header" and b":" in value:
                name, _, value = value.partition(b":")
                self.headers.append((name, value))

        def number(key, default):
            text = last.get(key, b"")
            return int(text) if text.isdigit() and len(text) < 19 else default

        self.status = number(b"status", 200)
        self.bodiless = self.status < 200 or self.status in (204, 304)
        self.size = number(b"size", None)
        self.chunk = number(b"chunk", 0)
        self.delay = min(number(b"delay", 0), 60000) / 1000
        self.pause = min(number(b"pause", 0), 60000) / 1000
        self.reads = last.get(b"read") != b"no"
        self.echo = last.get(b"body") == b"echo"
        self.duplex = last.get(b"duplex") == b"yes" and self.echo and self.reads
        self.none = last.get(b"output") == b"none"
        self.zero = last.get(b"write") == b"zero"
        self.throw = last.get(b"throw", b"").decode("latin-1")

    def fail(self, when):
        if self.throw == when:
            raise RuntimeError("throw=%s was asked for" % when)


async def lifespan(receive, send):
    for _ in range(2):
        event = (await receive())["type"]
        await send({"type": event + ".complete"})


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    environ = scope["extensions"]["environ"]
    asked = Asked(environ.get("QUERY_STRING", b""))
    received = b""
    if asked.reads and not asked.duplex:
        received = b"".join([piece async for piece in pieces_read(receive)])
    await asyncio.sleep(asked.delay)
    if asked.none:
        return
    asked.fail("early")

    if asked.echo:
        kind, length = b"application/octet-stream", len(received)
        parts = pieces_read(receive) if asked.duplex else pieces(received, asked.chunk)
    elif asked.size is not None:
        kind, length, parts = b"text/plain", asked.size, letters(asked.size, asked.chunk)
    else:
        body = json_answer(environ, received)
        kind, length, parts = b"application/json", len(body), pieces(body, asked.chunk)
    if asked.duplex:
        length = int(environ["CONTENT_LENGTH"])
    if asked.chunk or asked.bodiless:
        length = None
    await send({"type": "http.response.start", "status": asked.status, "headers": headers(asked, kind, length)})
    if not asked.bodiless and scope["method"] != "HEAD":
        await write(asked, send, parts)
    await send({"type": "http.response.body", "body": b""})


async def pieces_read(receive):
    """The request body as it comes. A body that breaks off ends the request."""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ConnectionError("the request body broke off")
        yield event.get("body", b"")
        if not event.get("more_body"):
            return


async def pieces(body, length):
    for at in range(0, len(body), length or PIECE):
        yield body[at : at + (length or PIECE)]


async def letters(size, length):
    for at in range(0, size, length or PIECE):
        n = min(length or PIECE, size - at)
        yield (ALPHABET * (n // 26 + 2))[at % 26 : at % 26 + n]


async def write(asked, send, parts):
    """The parts, one write each, and around them what the extras ask for."""

    async def one(part):
        await send({"type": "http.response.body", "body": part, "more_body": True})

    if asked.zero:
        await one(b"")
    first = True
    async for part in parts:
        if not first and (asked.chunk or asked.duplex):
            await asyncio.sleep(asked.pause)
        first = False
        await one(part)
        if asked.chunk or asked.duplex:
            asked.fail("late")
        if asked.zero:
            await one(b"")
    asked.fail("late")


def headers(asked, kind, length):
    """Content-Type and Content-Length, each of which a header that is asked for takes the place of."""
    names = [name.lower() for name, _ in asked.headers]
    own = [(b"Content-Type", kind)] if b"content-type" not in names else []
    if length is not None and b"content-length" not in names:
        own.append((b"Content-Length", b"%d" % length))
    return own + asked.headers


def json_answer(environ, received):
    answer = {"probe": 1, "server": "aioscgi " + importlib.metadata.version("aioscgi"), "protocol": "scgi"}
    if os.environ.get("PEER_METHOD"):  # one process can't know how many there are
        answer["method"] = os.environ["PEER_METHOD"]
    answer["pid"] = os.getpid()
    answer["can"] = CAN
    answer["params"] = {name: value.decode("latin-1") for name, value in environ.items()}
    answer["body"] = {"length": len(received), "sha256": hashlib.sha256(received).hexdigest()}
    return json.dumps(answer).encode() + b"\n"
