"""Serves the WSGI application of the file PEER_APP by flipflop, on the socket at fd 0."""
import os
import runpy

from flipflop import WSGIServer

WSGIServer(runpy.run_path(os.environ["PEER_APP"])["application"]).run()
