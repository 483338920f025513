"""Serves the WSGI application of the file PEER_APP by scgi's SCGIServer.

A handler of scgi is given the parameters and two files; wsgiref's handler for servers like CGI takes just these. The
server makes TCP sockets alone; a unix socket it takes from systemd, whose protocol for that is played here."""
import os
import runpy
import socket
import sys
import wsgiref.handlers

from scgi.scgi_server import SCGIServer
from scgi.util import SCGIHandler

application = runpy.run_path(os.environ["PEER_APP"])["application"]


class CGILike(wsgiref.handlers.BaseCGIHandler):
    os_environ = {}  # nothing of the process's

    def finish_content(self):
        if not self.headers_sent:
            self.send_headers()  # without wsgiref's own Content-Length of an empty body


class Handler(SCGIHandler):
    def produce(self, env, bodysize, input, output):
        CGILike(input, output, sys.stderr, env, multithread=False, multiprocess=True).run(application)


def listen_as_systemd(path):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    os.dup2(listening.detach(), 3)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))


address = os.environ["PEER_ADDRESS"]
if os.environ["PEER_NETWORK"] == "unix":
    listen_as_systemd(address)
    SCGIServer(Handler, max_children=8).serve()
else:
    host, _, port = address.rpartition(":")
    SCGIServer(Handler, host=host, port=int(port), max_children=8).serve()
