"""The probe application, contract 1, for WSGI: flup over FastCGI, SCGI and AJP, uWSGI over FastCGI and SCGI, and others.

    PEER_PROTOCOL=scgi PEER_METHOD=prefork PEER_NETWORK=tcp PEER_ADDRESS=127.0.0.1:4000 python3 probe.py
    PEER_PROTOCOL=fcgi uwsgi --plugin python3 --fastcgi-socket 127.0.0.1:9000 --wsgi-file probe.py

The first starts flup; its arguments are the same four, in that order. fcgi with no address serves the socket at fd 0.
"""

import hashlib
import http.client
import importlib
import importlib.metadata
import json
import os
import sys
import threading
import time
import urllib.parse

ALPHABET = bytes(range(ord("a"), ord("z") + 1))
# Long enough that the writes do not count; flup copies what is left of a piece once a record, so short enough for that.
PIECE = 65536


def application(environ, start_response):
    asked = Asked(environ.get("QUERY_STRING", ""))
    received = b""
    if asked.reads and not asked.duplex:
        received = read_body(environ)
    time.sleep(asked.delay)
    if asked.stderr:
        environ["wsgi.errors"].write(asked.stderr)
        environ["wsgi.errors"].flush()
    if asked.output_none and "output" in can():
        return
    asked.fail("early")

    if asked.echo:
        kind, body = "application/octet-stream", received
    elif asked.size is not None:
        kind, body = "text/plain", Letters(asked.size)
    else:
        kind, body = "application/json", json_answer(environ, received)
    length = environ.get("CONTENT_LENGTH") if asked.duplex else str(len(body))
    if asked.chunk or asked.bodiless:
        length = None
    start_response("%d %s" % (asked.status, reason(asked.status)), headers(asked, kind, length))
    if asked.bodiless or environ.get("REQUEST_METHOD") == "HEAD":
        return
    yield from written(asked, pieces_read(environ) if asked.duplex else pieces(body, asked.chunk or PIECE))


class Asked:
    """What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'."""

    def __init__(self, query):
        self.headers, last = [], {}
        for pair in query.encode("latin-1").split(b"&"):
            key, _, value = pair.partition(b"=")
            last[key] = value = urllib.parse.unquote_to_bytes(value)
            if key == b"header" and b":" in value:
                self.headers.append(value.decode("latin-1"))

        def number(key, default):
            text = last.get(key, b"")
            return int(text) if text.isdigit() and len(text) < 19 else default  # what 64 bits hold

        self.status = number(b"status", 200)
        self.bodiless = self.status < 200 or self.status in (204, 304)
        self.size = number(b"size", None)
        self.chunk = number(b"chunk", 0)
        self.delay = min(number(b"delay", 0), 60000) / 1000
        self.pause = min(number(b"pause", 0), 60000) / 1000
        self.reads = last.get(b"read") != b"no"
        self.echo = last.get(b"body") == b"echo"
        self.duplex = last.get(b"duplex") == b"yes" and self.echo and self.reads and "duplex" in can()
        self.output_none = last.get(b"output") == b"none"
        self.zero = last.get(b"write") == b"zero"
        self.throw = last.get(b"throw", b"").decode("latin-1")
        # An error stream takes text, which flup encodes as UTF-8: what is UTF-8 arrives as it was asked for.
        try:
            self.stderr = last.get(b"stderr", b"").decode()
        except UnicodeDecodeError:
            self.stderr = last[b"stderr"].decode("latin-1")

    def fail(self, when):
        if self.throw == when:
            raise RuntimeError("throw=%s was asked for" % when)


class Letters:
    """A body of letters that is never in memory as a whole."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, part):
        length = min(part.stop, self.length) - part.start
        shift = part.start % 26
        return (ALPHABET * (length // 26 + 2))[shift : shift + length]


def pieces(body, length):
    for at in range(0, len(body), length):
        yield body[at : at + length]


def pieces_read(environ):
    """The pieces of the request body as they come. A plain read(n) of flup waits for n bytes."""
    stream, left = environ["wsgi.input"], content_length(environ)
    limited = protocol(environ) != "fcgi"
    while left or not limited:
        length = min(PIECE, left) if limited else PIECE
        if hasattr(stream, "read1"):  # flup's SCGI: a buffered file
            piece = stream.read1(length)
        else:  # flup's FastCGI and AJP streams show how much they hold
            piece = stream.read(1)
            piece += stream.read(min(length - 1, stream._avail - stream._pos)) if piece else b""
        if not piece:
            return
        left -= len(piece)
        yield piece


def written(asked, parts):
    """The parts, one write each, and around them what the extras ask for."""
    if asked.zero:
        yield b""
    first = True
    for part in parts:
        if not first and (asked.chunk or asked.duplex):
            time.sleep(asked.pause)
        yield part
        if asked.chunk or asked.duplex:
            asked.fail("late")
        if asked.zero:
            yield b""
        first = False
    asked.fail("late")


def content_length(environ):
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def read_body(environ):
    """FastCGI has an end of the body of its own, which is read up to; SCGI's is where CONTENT_LENGTH says."""
    if protocol(environ) == "scgi":
        length = content_length(environ)
        return environ["wsgi.input"].read(length) if length else b""
    return environ["wsgi.input"].read()


def headers(asked, kind, length):
    """Content-Type and Content-Length, each of which a header that is asked for takes the place of."""
    more = [(name, value) for name, _, value in (line.partition(":") for line in asked.headers)]
    names = [name.lower() for name, _ in more]
    own = [("Content-Type", kind)] if "content-type" not in names else []
    if length and "content-length" not in names:
        own.append(("Content-Length", length))
    return own + more


def reason(status):
    return http.client.responses.get(status, "Asked For")


def json_answer(environ, received):
    answer = {"probe": 1, "server": server(), "protocol": protocol(environ)}
    if environ.get("wsgi.multithread") != environ.get("wsgi.multiprocess"):
        answer["method"] = "threaded" if environ["wsgi.multithread"] else "prefork"
    answer["pid"] = os.getpid()
    answer["worker"] = str(threading.get_ident())
    answer["can"] = can()
    answer["params"] = params(environ)
    answer["body"] = {"length": len(received), "sha256": hashlib.sha256(received).hexdigest()}
    return json.dumps(answer).encode() + b"\n"


def params(environ):
    """The strings of the environ but for the server's own, whose names have a dot in them. Both servers decode as
    ISO-8859-1 already. Neither mixes the variables of its process in, so none has to be taken out."""
    own = ("wsgi.", "uwsgi.", "x-wsgiorg.")
    found = {name: value for name, value in environ.items() if isinstance(value, str) and not name.startswith(own)}
    if protocol(environ) == "ajp":
        # flup gives the attributes that AJP has codes for their bare names.
        for name in ("CONTEXT", "SERVLET_PATH", "JVM_ROUTE", "SSL_CERT", "SSL_CIPHER", "SSL_SESSION", "SSL_KEY_SIZE"):
            if name in found:
                found["AJP_" + name] = found.pop(name)
    return found


def protocol(environ):
    """What the server was started for, else by the parameter that every SCGI request has."""
    return os.environ.get("PEER_PROTOCOL") or ("scgi" if environ.get("SCGI") == "1" else "fcgi")


def uwsgi():
    return sys.modules.get("uwsgi")


def server():
    if uwsgi():
        return "uWSGI " + uwsgi().version.decode()
    for module in ("flup", "flipflop", "scgi", "gevent_fastcgi"):
        if module in sys.modules:
            return module + " " + importlib.metadata.version(module)
    return "WSGI"


def can():
    """uWSGI sends nothing where nothing is written, flup always sends headers; uWSGI reads a body in blocks, and
    gevent-fastcgi as a whole."""
    more = ["output"] if uwsgi() else [] if "gevent_fastcgi" in sys.modules else ["duplex"]
    return ["write", "throw", "pause"] + more


def main(arguments):
    """Serves by flup's server for the protocol and method, on the address, until it is ended."""
    names = ("PEER_PROTOCOL", "PEER_METHOD", "PEER_NETWORK", "PEER_ADDRESS")
    for name, value in zip(names, arguments):
        os.environ[name] = value
    scheme, method, network, address = (os.environ.get(name, "") for name in names)
    scheme = os.environ["PEER_PROTOCOL"] = scheme or "fcgi"
    if scheme not in ("fcgi", "scgi", "ajp"):
        sys.exit("protocol: want fcgi, scgi or ajp, got %r" % scheme)
    if method not in ("", "threaded", "prefork"):
        sys.exit("method: want threaded or prefork, got %r" % method)
    if scheme != "fcgi" and not address:
        sys.exit("address: flup needs one for " + scheme)
    if network == "tcp":
        host, _, port = address.rpartition(":")
        address = (host, int(port))
    elif scheme == "ajp":
        sys.exit("network: flup serves ajp over tcp alone, got %r" % network)
    module = importlib.import_module("flup.server." + scheme + ("_fork" if method == "prefork" else ""))
    module.WSGIServer(application, bindAddress=address or None).run()


if __name__ == "__main__":
    main(sys.argv[1:])
