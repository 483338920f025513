# The probe application, contract 1, for Rack's FastCGI handler, which is on Ruby's fcgi:
#   spawn-fcgi -n -a 127.0.0.1 -p 9000 -- /usr/bin/ruby probe.rb
#   PEER_NETWORK=tcp PEER_ADDRESS=127.0.0.1:9000 ruby probe.rb
# The first serves the socket at fd 0, the second listens by itself, with PEER_NETWORK=unix at a path.
# USE_PURE_RUBY_FCGI=1 in the environment takes the library that is written in Ruby, in place of the one on libfcgi.

require 'digest'
require 'json'
require 'rack'
require 'rack/handler/fastcgi'

PIECE = 65_536 # long enough that the writes do not count, short enough that a body of any size fits in memory
LETTERS = ('a'..'z').to_a.join * (PIECE / 26 + 2)
PURE = !FCGI.const_defined?(:Stream) # a class of the extension alone

# What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'.
class Asked
  attr_reader :headers

  def initialize(query)
    @last = {}
    @headers = []
    query.b.split('&').each do |pair|
      key, value = pair.split('=', 2)
      value = value.to_s.gsub(/%(\h\h)/n) { $1.hex.chr }
      @last[key] = value
      @headers << value.split(':', 2) if key == 'header' && value.include?(':')
    end
  end

  def number(key, otherwise = nil)
    @last[key].to_s.match?(/\A[0-9]{1,18}\z/) ? @last[key].to_i : otherwise
  end

  def status
    number('status', 200)
  end

  def bodiless?
    status < 200 || status == 204 || status == 304
  end

  def is?(key, value)
    @last[key] == value
  end

  def stderr
    @last.fetch('stderr', '')
  end

  def chunk
    number('chunk', 0)
  end

  def wait(key)
    sleep([number(key, 0), 60_000].min / 1000.0)
  end

  def fail_when(moment)
    raise "throw=#{moment} was asked for" if is?('throw', moment)
  end
end

# The body of an answer, by the pieces that Rack writes and flushes. A content that is a number has that many letters.
class Body
  def initialize(asked, content)
    @asked = asked
    @content = content
  end

  def length
    @content.is_a?(String) ? @content.bytesize : @content
  end

  def each
    yield '' if @asked.is?('write', 'zero')
    step = @asked.chunk > 0 ? @asked.chunk : PIECE
    0.step(length - 1, step) do |at|
      @asked.wait('pause') if at > 0 && @asked.chunk > 0
      yield part(at, [step, length - at].min)
      @asked.fail_when('late') if @asked.chunk > 0
      yield '' if @asked.is?('write', 'zero')
    end
    @asked.fail_when('late')
  end

  private

  def part(at, size)
    return @content.byteslice(at, size) if @content.is_a?(String)
    return LETTERS[at % 26, size] if size <= PIECE

    (LETTERS[0, 26] * (size / 26 + 2))[at % 26, size]
  end
end

def code_points(bytes)
  bytes.dup.force_encoding('ISO-8859-1').encode('UTF-8')
end

# Rack's own keys have a dot in them. Its handler adds two more, which can't be told from parameters of that name and
# value; and the library on libfcgi has the role, made of FCGI_BEGIN_REQUEST.
def params(env)
  added = { 'HTTP_VERSION' => env['SERVER_PROTOCOL'], 'REQUEST_PATH' => '/', 'FCGI_ROLE' => 'RESPONDER' }
  pairs = env.select { |name, value| value.is_a?(String) && !name.start_with?('rack.') && added[name] != value }
  pairs.to_h { |name, value| [code_points(name), code_points(value)] }
end

def json(env, received)
  library = "fcgi #{Gem::Specification.find_all_by_name('fcgi').map(&:version).first}#{' in Ruby' if PURE}"
  answer = { probe: 1, server: "#{library}, Rack #{Rack.release}",
             protocol: 'fcgi', pid: Process.pid, can: %w[write throw pause] }
  method = ENV.fetch('PEER_METHOD', '') # one process can't know how many there are
  answer[:method] = method unless method.empty?
  answer[:params] = params(env)
  answer[:body] = { length: received.bytesize, sha256: Digest::SHA256.hexdigest(received) }
  "#{JSON.generate(answer)}\n"
end

# Content-Type and Content-Length give way to headers of these names that are asked for. Of a name that comes more often
# Rack 2 wants the values as lines of one.
def headers(asked, type, length)
  own = { 'Content-Type' => type }
  own['Content-Length'] = length.to_s unless asked.chunk > 0 || asked.bodiless?
  more = asked.headers.group_by(&:first).transform_values { |pairs| pairs.map(&:last).join("\n") }
  own.reject { |name, _| more.keys.any? { |key| key.casecmp?(name) } }.merge(more)
end

APPLICATION = lambda do |env|
  asked = Asked.new(env['QUERY_STRING'])
  received = asked.is?('read', 'no') ? ''.b : env['rack.input'].read.to_s.b
  asked.wait('delay')
  unless asked.stderr.empty?
    env['rack.errors'].print(asked.stderr)
    env['rack.errors'].flush
  end
  asked.fail_when('early')
  type, content =
    if asked.is?('body', 'echo')
      ['application/octet-stream', received]
    elsif asked.number('size')
      ['text/plain', asked.number('size')]
    else
      ['application/json', json(env, received)]
    end
  body = Body.new(asked, content)
  sent = asked.bodiless? || env['REQUEST_METHOD'] == 'HEAD' ? [] : body
  [asked.status, headers(asked, type, body.length), sent]
end

address = ENV.fetch('PEER_ADDRESS', '')
options =
  if !FCGI.is_cgi?
    {}
  elsif ENV['PEER_NETWORK'] == 'unix'
    { File: address }
  elsif address =~ /\A(.*):(\d+)\z/
    { Host: $1, Port: $2.to_i }
  else
    abort "no socket at fd 0, and PEER_ADDRESS=#{address} is no host:port"
  end
Rack::Handler::FastCGI.run(APPLICATION, **options)
