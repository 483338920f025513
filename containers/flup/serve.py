"""Serves the WSGI application of the file PEER_APP by the flup server that PEER_PROTOCOL and PEER_METHOD name."""
import importlib
import os
import runpy

module = os.environ["PEER_PROTOCOL"]
if os.environ["PEER_METHOD"] == "prefork":
    module += "_fork"
server = importlib.import_module("flup.server." + module).WSGIServer

address = os.environ["PEER_ADDRESS"]
if os.environ["PEER_NETWORK"] == "tcp":
    host, _, port = address.rpartition(":")
    address = (host, int(port))

server(runpy.run_path(os.environ["PEER_APP"])["application"], bindAddress=address).run()
