# Serves the application PEER_APP on the socket at fd 0 by eight processes, each of which is replaced when it ends, which
# one request can bring about. What takes long to load is loaded once.
require 'json'
require 'digest'
require 'rack'
require 'rack/handler/fastcgi'

children = []
%w[TERM INT].each { |signal| trap(signal) { children.each { |pid| Process.kill('TERM', pid) } && exit!(0) } }
loop do
  children << fork { %w[TERM INT].each { |signal| trap(signal) { exit! } } && load(ENV.fetch('PEER_APP')) } while children.size < 8
  children.delete(Process.wait)
end
