"""Serves the WSGI application of the file PEER_APP by gevent-fastcgi's server and its handler that is on wsgiref.

Its other handler, WSGIRequestHandler, ends an answer at a piece of more than 65535 bytes, and gives one without a body
a second Content-Length."""
from gevent import monkey

monkey.patch_all()

import os
import runpy

from gevent_fastcgi.server import FastCGIServer
from gevent_fastcgi.wsgi import WSGIRefRequestHandler


class Handler(WSGIRefRequestHandler):
    class CGIHandler(WSGIRefRequestHandler.CGIHandler):
        os_environ = {}  # nothing of the process's

        def finish_content(self):
            if not self.headers_sent:
                self.send_headers()  # without wsgiref's own Content-Length of an empty body


address = os.environ["PEER_ADDRESS"]
if os.environ["PEER_NETWORK"] == "tcp":
    host, _, port = address.rpartition(":")
    address = (host, int(port))

# Its default of 1024 bytes is that of TCP's buffers as well, through which a large request takes longer than anybody waits.
buffer_size = 65536

application = runpy.run_path(os.environ["PEER_APP"])["application"]
FastCGIServer(address, Handler(application), buffer_size=buffer_size).serve_forever()
