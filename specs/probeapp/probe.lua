-- The probe application, contract 1, for Lua's WSAPI over FastCGI, with luaossl, lua-cjson and luaposix:
--   spawn-fcgi -n -a 127.0.0.1 -p 9000 -- /usr/bin/lua5.1 probe.lua
-- It serves the socket at fd 0.

local fastcgi = require "wsapi.fastcgi"
local cjson = require "cjson"
local digest = require "openssl.digest"
local posix = require "posix"

local PIECE = 65536 -- long enough that the writes do not count, short enough that a body of any size fits in memory
local ALPHABET = "abcdefghijklmnopqrstuvwxyz"

-- What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'.
local function steering(query)
   local last, headers = {}, {}
   for pair in query:gmatch("[^&]+") do
      local key, value = pair:match("^([^=]*)=?(.*)$")
      value = value:gsub("%%(%x%x)", function (digits) return string.char(tonumber(digits, 16)) end)
      last[key] = value
      if key == "header" and value:find(":", 1, true) then
         headers[#headers + 1] = value
      end
   end
   local function number(key, otherwise)
      local text = last[key] or ""
      return text:match("^%d+$") and #text < 19 and tonumber(text) or otherwise
   end
   local status = number("status", 200)
   return {
      headers = headers,
      status = status,
      bodiless = status < 200 or status == 204 or status == 304,
      size = number("size"),
      chunk = number("chunk", 0),
      delay = math.min(number("delay", 0), 60000),
      pause = math.min(number("pause", 0), 60000),
      reads = last.read ~= "no",
      echo = last.body == "echo",
      zero = last.write == "zero",
      throw = last.throw,
      stderr = last.stderr or "",
   }
end

local function wait(milliseconds)
   if milliseconds > 0 then
      posix.nanosleep(math.floor(milliseconds / 1000), milliseconds % 1000 * 1000000)
   end
end

local function fail(asked, when)
   if asked.throw == when then
      error("throw=" .. when .. " was asked for")
   end
end

-- The request body up to FastCGI's own end of it. WSAPI's read without a length goes by CONTENT_LENGTH.
local function read(input)
   local pieces = {}
   while true do
      local piece = input:read(PIECE)
      if not piece or piece == "" then
         return table.concat(pieces)
      end
      pieces[#pieces + 1] = piece
   end
end

local function sha256(bytes)
   return (digest.new("sha256"):final(bytes):gsub(".", function (c) return ("%02x"):format(c:byte()) end))
end

-- Each byte becomes one code point, in UTF-8.
local function code_points(bytes)
   return (bytes:gsub("[\128-\255]", function (c)
      local code = c:byte()
      return string.char(192 + math.floor(code / 64), 128 + code % 64)
   end))
end

-- The role is libfcgi's own, made of FCGI_BEGIN_REQUEST. As os.getenv does, of a name that was sent twice the last counts.
local function params(env)
   local found = {}
   for name, value in pairs(env.headers) do
      if not (name == "FCGI_ROLE" and value == "RESPONDER") then
         found[code_points(name)] = code_points(value)
      end
   end
   return found
end

local function json(env, received)
   local method = os.getenv("PEER_METHOD") -- one process can't know how many there are
   return cjson.encode({
      probe = 1,
      server = "WSAPI on " .. _VERSION,
      protocol = "fcgi",
      method = method ~= "" and method or nil,
      pid = posix.getpid("pid"),
      can = { "write", "throw", "pause" },
      params = params(env),
      body = { length = #received, sha256 = sha256(received) },
   }) .. "\n"
end

-- Part of a body. One that is a number has that many letters.
local function part(body, at, length)
   if type(body) == "string" then
      return body:sub(at + 1, at + length)
   end
   return ALPHABET:rep(math.floor(length / 26) + 2):sub(at % 26 + 1, at % 26 + length)
end

-- What WSAPI writes and flushes, piece by piece.
local function pieces(asked, body)
   return coroutine.wrap(function ()
      local length = type(body) == "string" and #body or body
      local step = asked.chunk > 0 and asked.chunk or PIECE
      if asked.zero then
         coroutine.yield("")
      end
      for at = 0, length - 1, step do
         if at > 0 and asked.chunk > 0 then
            wait(asked.pause)
         end
         coroutine.yield(part(body, at, math.min(step, length - at)))
         if asked.chunk > 0 then
            fail(asked, "late")
         end
         if asked.zero then
            coroutine.yield("")
         end
      end
      fail(asked, "late")
   end)
end

-- Content-Type and Content-Length give way to headers of these names that are asked for.
local function headers(asked, kind, length)
   local all, names = {}, {}
   for _, line in ipairs(asked.headers) do
      local name, value = line:match("^([^:]*):(.*)$")
      all[name] = all[name] or {}
      table.insert(all[name], value)
      names[name:lower()] = true
   end
   if not names["content-type"] then
      all["Content-Type"] = kind
   end
   if length and not names["content-length"] then
      all["Content-Length"] = length
   end
   return all
end

local function nothing() end

local function application(env)
   local asked = steering(env.QUERY_STRING)
   local received = asked.reads and read(env.input) or ""
   wait(asked.delay)
   if asked.stderr ~= "" then
      env.error:write(asked.stderr)
   end
   fail(asked, "early")
   local kind, body = "application/json", nil
   if asked.echo then
      kind, body = "application/octet-stream", received
   elseif asked.size then
      kind, body = "text/plain", asked.size
   else
      body = json(env, received)
   end
   local length = type(body) == "string" and #body or body
   if asked.chunk > 0 or asked.bodiless then
      length = nil
   end
   -- WSAPI knows the texts of some statuses alone, and fails at a number that is another.
   local status = asked.status .. (asked.status == 200 and " OK" or " Asked For")
   local sent = asked.bodiless or env.REQUEST_METHOD == "HEAD"
   return status, headers(asked, kind, length and ("%d"):format(length)), sent and nothing or pieces(asked, body)
end

fastcgi.run(application)
