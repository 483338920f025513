# coding: utf-8
"""The probe application, contract 1, for Django 1.8 on flup 1.0.2 and Python 2.7: a project in one file, with the
settings, the URLs, the one view, and what manage.py has.

    PEER_PROTOCOL=scgi python2.7 probe_django.py runfcgi protocol=scgi method=threaded host=127.0.0.1 port=4000 daemonize=false
"""

import os

SECRET_KEY = "nothing here is a secret"
ALLOWED_HOSTS = ["*"]
MIDDLEWARE_CLASSES = []
ROOT_URLCONF = os.path.splitext(os.path.basename(__file__))[0]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", ROOT_URLCONF)

import hashlib
import json
import re
import sys
import thread
import time
import urllib

import django
from django.conf.urls import url
from django.core.management import execute_from_command_line
from django.core.urlresolvers import NoReverseMatch, reverse
from django.http import StreamingHttpResponse
import pkg_resources

PIECE = 65536  # long enough that the writes do not count
BLOCK = 4096  # what is read of a body before it is answered, with duplex=yes
LETTERS = "".join(map(chr, range(ord("a"), ord("z") + 1)))


def probe(request, path):
    asked = Asked(request.META.get("QUERY_STRING", ""))
    received = request.read() if asked.reads and not asked.duplex else ""
    time.sleep(asked.delay)
    if asked.stderr:
        request.META["wsgi.errors"].write(asked.stderr)
        request.META["wsgi.errors"].flush()
    asked.fail("early")

    if asked.echo:
        kind, length, part = "application/octet-stream", len(received), lambda at, n: received[at : at + n]
    elif asked.size is not None:
        kind, length, part = "text/plain", asked.size, letters
    else:
        answer = json_answer(request, received)
        kind, length, part = "application/json", len(answer), lambda at, n: answer[at : at + n]
    if asked.duplex:
        length, pieces = request.META.get("CONTENT_LENGTH"), iter(lambda: request.read(BLOCK), "")
    else:
        pieces = (part(at, min(asked.piece, length - at)) for at in range(0, length, asked.piece))
    response = StreamingHttpResponse(written(asked, pieces), status=asked.status, content_type=kind)
    if not asked.chunk and not asked.bodiless and length not in (None, ""):
        response["Content-Length"] = str(length)
    for name, value in asked.headers:
        response[name] = value  # of a name that comes twice Django keeps the last
    return response


urlpatterns = [url(r"^([\s\S]*)$", probe)]


class Asked(object):
    """What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'."""

    def __init__(self, query):
        self.headers, last = [], {}
        for pair in query.split("&"):
            key, _, value = pair.partition("=")
            last[key] = value = urllib.unquote(value)
            if key == "header" and ":" in value:
                name, _, value = value.partition(":")
                self.headers.append((name, value))

        def number(key, default):
            text = last.get(key, "")
            return int(text) if re.match("[0-9]{1,18}$", text) else default

        self.status = number("status", 200)
        self.bodiless = self.status < 200 or self.status in (204, 304)
        self.size = number("size", None)
        self.chunk = number("chunk", 0)
        self.piece = self.chunk or PIECE
        self.delay = min(number("delay", 0), 60000) / 1000.0
        self.pause = min(number("pause", 0), 60000) / 1000.0
        self.reads = last.get("read") != "no"
        self.echo = last.get("body") == "echo"
        self.duplex = last.get("duplex") == "yes" and self.echo and self.reads
        self.zero = last.get("write") == "zero"
        self.throw = last.get("throw", "")
        self.stderr = last.get("stderr", "")

    def fail(self, when):
        if self.throw == when:
            raise RuntimeError("throw=%s was asked for" % when)


def letters(at, n):
    return (LETTERS * (n // 26 + 2))[at % 26 : at % 26 + n]


def written(asked, pieces):
    """The pieces, one write each, and around them what the extras ask for."""
    if asked.zero:
        yield ""
    first = True
    for piece in pieces:
        if not first and (asked.chunk or asked.duplex):
            time.sleep(asked.pause)
        yield piece
        if asked.chunk or asked.duplex:
            asked.fail("late")
        if asked.zero:
            yield ""
        first = False
    asked.fail("late")


def json_answer(request, received):
    meta = request.META
    answer = {
        "probe": 1,
        "server": "Django %s on flup %s" % (django.get_version(), pkg_resources.get_distribution("flup").version),
        "protocol": protocol(meta),
        "method": "threaded" if meta["wsgi.multithread"] else "prefork",
        "pid": os.getpid(),
        "worker": str(thread.get_ident()),
        "can": ["write", "duplex", "throw", "pause"],
        "params": params(meta),
        "body": {"length": len(received), "sha256": hashlib.sha256(received).hexdigest()},
        "prefix": {
            "script_name": points(meta["SCRIPT_NAME"]),
            "path_info": points(request.path_info),
            "url": link(request),
        },
    }
    return json.dumps(answer) + "\n"


def params(meta):
    """The strings of the environ but for the server's own. Django has put SCRIPT_NAME and PATH_INFO there that it
    worked out itself."""
    found = dict(
        (points(name), points(value))
        for name, value in meta.items()
        if isinstance(value, basestring) and not name.startswith("wsgi.")
    )
    if protocol(meta) == "ajp":
        # flup gives the attributes that AJP has codes for their bare names.
        for name in ("CONTEXT", "SERVLET_PATH", "JVM_ROUTE", "SSL_CERT", "SSL_CIPHER", "SSL_SESSION", "SSL_KEY_SIZE"):
            if name in found:
                found["AJP_" + name] = found.pop(name)
    return found


def points(text):
    """Each byte is one code point. What Django has decoded was UTF-8."""
    return (text.encode("utf-8") if isinstance(text, unicode) else text).decode("latin-1")


def link(request):
    """The URL of this same page, as a template would print it."""
    try:
        return points(reverse(probe, args=[request.path_info[1:]]))
    except NoReverseMatch:
        return ""


def protocol(meta):
    """What the server was started for, else by the parameter that every SCGI request has."""
    return os.environ.get("PEER_PROTOCOL") or ("scgi" if meta.get("SCGI") == "1" else "fcgi")


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
