/*
The probe application, contract 1, for Undertow's AJP listener, without servlets (Undertow 2.4 or newer, Java 17 or
newer). With undertow-core's jar and those that it needs in a folder:

    PEER_ADDRESS=127.0.0.1:8009 java -Dio.undertow.ajp.REQUIRE_AJP_SECRET=false -cp 'folder/*' probe.java

PEER_PACKET_SIZE is MAX_AJP_PACKET_SIZE. Undertow asks for a secret unless it is told otherwise:
-Dio.undertow.ajp.AJP_SECRET=... Nothing of Undertow's tells remote_host.
*/
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.Version;
import io.undertow.security.impl.ExternalAuthenticationMechanism;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.SSLSessionInfo;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.util.*;

class Probe {
    // Long enough that the writes do not count, short enough that a body of any size fits in memory.
    static final int PIECE = 65536;

    // More than a packet of 65536 bytes has room for, so that all that comes reaches the application.
    static final int HEADERS = 65536;

    public static void main(String[] none) {
        String address = System.getenv().getOrDefault("PEER_ADDRESS", "127.0.0.1:8009");
        int colon = address.lastIndexOf(':');
        Undertow.Builder builder = Undertow.builder()
            .addAjpListener(Integer.parseInt(address.substring(colon + 1)), address.substring(0, colon))
            .setServerOption(UndertowOptions.AJP_ALLOWED_REQUEST_ATTRIBUTES_PATTERN, ".*")
            .setServerOption(UndertowOptions.DECODE_URL, false)
            .setServerOption(UndertowOptions.MAX_HEADERS, HEADERS)
            .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L) // else 2 MiB
            .setHandler(new BlockingHandler(exchange -> new Answer(exchange).send()));
        String size = System.getenv("PEER_PACKET_SIZE");
        if (size != null) {
            builder.setServerOption(UndertowOptions.MAX_AJP_PACKET_SIZE, Integer.valueOf(size));
        }
        builder.build().start();
    }

    static class Answer {
        final HttpServerExchange exchange;
        final Map<String, String> asked = new HashMap<>();
        final List<String> headers = new ArrayList<>();
        final long chunk;
        final int status;

        Answer(HttpServerExchange exchange) {
            this.exchange = exchange;
            steer(exchange.getQueryString());
            chunk = number("chunk", 0);
            status = (int) number("status", 200);
        }

        // Of a key that is there twice the last counts; '+' stays '+'.
        void steer(String query) {
            for (String pair : query.split("&")) {
                int equals = pair.indexOf('=');
                String key = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
                asked.put(key, value);
                if (key.equals("header") && value.indexOf(':') >= 0) {
                    headers.add(value);
                }
            }
        }

        static String decoded(String text) {
            StringBuilder bytes = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                boolean escape = text.charAt(i) == '%' && i + 2 < text.length()
                    && Character.digit(text.charAt(i + 1), 16) >= 0 && Character.digit(text.charAt(i + 2), 16) >= 0;
                bytes.append(escape ? (char) Integer.parseInt(text.substring(i + 1, i + 3), 16) : text.charAt(i));
                i += escape ? 2 : 0;
            }
            return bytes.toString();
        }

        boolean asks(String key, String value) {
            return value.equals(asked.get(key));
        }

        long number(String key, long missing) {
            String text = asked.getOrDefault(key, "");
            return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : missing;
        }

        void await(String key) throws InterruptedException {
            Thread.sleep(Math.min(number(key, 0), 60000));
        }

        void fail(String when) {
            if (asks("throw", when)) {
                throw new IllegalStateException("throw=" + when + " was asked for");
            }
        }

        void send() throws IOException, InterruptedException {
            boolean reads = !asks("read", "no");
            boolean duplex = reads && asks("body", "echo") && asks("duplex", "yes");
            byte[] received = reads && !duplex ? exchange.getInputStream().readAllBytes() : new byte[0];
            await("delay");
            fail("early");

            String type = "application/json";
            byte[] body = null;
            long length = number("size", -1);
            if (asks("body", "echo")) {
                type = "application/octet-stream";
                body = received;
            } else if (length >= 0) {
                type = "text/plain";
            } else {
                body = json(received).getBytes(StandardCharsets.US_ASCII);
            }
            if (body != null) {
                length = body.length;
            }
            boolean bodiless = status < 200 || status == 204 || status == 304;
            sendHeaders(type, chunk > 0 || bodiless ? -1 : duplex ? exchange.getRequestContentLength() : length);
            if (bodiless || exchange.getRequestMethod().equalToString("HEAD")) {
                return;
            }
            if (duplex) {
                writeDuplex();
            } else {
                writeBody(body, length);
            }
            exchange.getOutputStream().close();
        }

        // A Content-Type or Content-Length that is asked for replaces the one set before.
        void sendHeaders(String type, long length) throws IOException {
            exchange.setStatusCode(status);
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type);
            if (length >= 0) {
                exchange.setResponseContentLength(length);
            }
            for (String line : headers) {
                int colon = line.indexOf(':');
                HttpString name = new HttpString(line.substring(0, colon));
                if (name.equals(Headers.CONTENT_TYPE) || name.equals(Headers.CONTENT_LENGTH)) {
                    exchange.getResponseHeaders().remove(name);
                }
                exchange.getResponseHeaders().add(name, line.substring(colon + 1));
            }
            if (chunk > 0) {
                exchange.getOutputStream().flush(); // else Undertow counts a short body and sends its length
            }
        }

        // With no bytes of its own the body is of letters.
        void writeBody(byte[] body, long length) throws IOException, InterruptedException {
            OutputStream out = exchange.getOutputStream();
            byte[] letters = new byte[PIECE + 26];
            for (int i = 0; i < letters.length; i++) {
                letters[i] = (byte) ('a' + i % 26);
            }
            long each = chunk > 0 ? chunk : Math.max(length, 1);
            writeNothing(out);
            for (long at = 0; at < length; at += each) {
                if (at > 0) {
                    await("pause");
                }
                long end = Math.min(at + each, length);
                for (long from = at; from < end; from += PIECE) {
                    int part = (int) Math.min(end - from, PIECE);
                    out.write(body == null ? letters : body, (int) (body == null ? from % 26 : from), part);
                }
                if (chunk > 0) {
                    out.flush();
                }
                writeNothing(out);
                failLate(out);
            }
            failLate(out);
        }

        void failLate(OutputStream out) throws IOException {
            if (asks("throw", "late")) {
                out.flush(); // else Undertow throws the answer away
                fail("late");
            }
        }

        void writeDuplex() throws IOException, InterruptedException {
            OutputStream out = exchange.getOutputStream();
            InputStream in = exchange.getInputStream();
            byte[] piece = new byte[PIECE];
            writeNothing(out);
            for (int got = in.read(piece); got > 0; ) {
                out.write(piece, 0, got);
                out.flush();
                writeNothing(out);
                failLate(out);
                got = in.read(piece);
                if (got > 0) {
                    await("pause");
                }
            }
            failLate(out);
        }

        void writeNothing(OutputStream out) throws IOException {
            if (asks("write", "zero")) {
                out.write(new byte[0]);
                out.flush();
            }
        }

        String json(byte[] received) {
            StringJoiner params = new StringJoiner(", ", "{", "}");
            params().forEach((name, value) -> params.add(quoted(name) + ": " + quoted(value)));
            return "{\"probe\": 1, \"server\": " + quoted("Undertow " + Version.getVersionString())
                + ", \"protocol\": \"ajp\", \"method\": \"threaded\""
                + ", \"pid\": " + ProcessHandle.current().pid() + ", \"worker\": " + quoted(Thread.currentThread().getName())
                + ", \"can\": [\"write\", \"duplex\", \"throw\", \"pause\"], \"params\": " + params
                + ", \"body\": {\"length\": " + received.length + ", \"sha256\": \"" + sha256(received) + "\"}}\n";
        }

        static String sha256(byte[] bytes) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
                return String.format("%064x", new java.math.BigInteger(1, digest));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java platform has it
            }
        }

        // Undertow makes each byte a char.
        static String quoted(String text) {
            StringBuilder json = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                    json.append(String.format("\\u%04x", (int) c));
                } else {
                    json.append(c);
                }
            }
            return json.append('"').toString();
        }

        Map<String, String> params() {
            Map<String, String> params = new TreeMap<>();
            params.put("REQUEST_METHOD", exchange.getRequestMethod().toString());
            params.put("SERVER_PROTOCOL", exchange.getProtocol().toString());
            params.put("REQUEST_URI", exchange.getRequestURI());
            params.put("REMOTE_ADDR", exchange.getSourceAddress().getHostString());
            params.put("SERVER_NAME", exchange.getDestinationAddress().getHostString());
            params.put("SERVER_PORT", String.valueOf(exchange.getDestinationAddress().getPort()));
            params.put("HTTPS", exchange.isSecure() ? "on" : null);
            params.put("QUERY_STRING", exchange.getQueryString());
            params.put("REMOTE_USER", exchange.getAttachment(HttpServerExchange.REMOTE_USER));
            params.put("AUTH_TYPE", exchange.getAttachment(ExternalAuthenticationMechanism.EXTERNAL_AUTHENTICATION_TYPE));
            for (HeaderValues header : exchange.getRequestHeaders()) {
                String key = header.getHeaderName().toString().toUpperCase(Locale.ROOT).replace('-', '_');
                boolean bare = key.equals("CONTENT_TYPE") || key.equals("CONTENT_LENGTH");
                params.put(bare ? key : "HTTP_" + key, String.join(", ", header));
            }
            attributes(params);
            params.values().removeIf(Objects::isNull);
            return params;
        }

        // Undertow has the attributes of the protocol's own in one map with those that came by name.
        void attributes(Map<String, String> params) {
            Map<String, String> came = exchange.getAttachment(HttpServerExchange.REQUEST_ATTRIBUTES);
            if (came != null) {
                Map<String, String> own = Map.of("context", "AJP_CONTEXT", "servlet_path", "AJP_SERVLET_PATH", "route", "AJP_JVM_ROUTE",
                    "secret", "AJP_SECRET");
                came.forEach((name, value) -> params.put(own.getOrDefault(name, name), value));
            }
            SSLSessionInfo ssl = exchange.getConnection().getSslSessionInfo();
            if (ssl != null) {
                params.put("AJP_SSL_CIPHER", ssl.getCipherSuite());
                params.put("AJP_SSL_KEY_SIZE", String.valueOf(ssl.getKeySize()));
                params.put("AJP_SSL_SESSION", session(ssl));
                params.put("AJP_SSL_CERT", certificate(ssl));
                params.put("AJP_SSL_PROTOCOL", ssl.getSecureProtocol());
            }
        }

        // Undertow reads the session as hexadecimal digits.
        static String session(SSLSessionInfo ssl) {
            byte[] id = ssl.getSessionId();
            return id == null ? null : String.format("%0" + 2 * id.length + "x", new java.math.BigInteger(1, id));
        }

        // Written again as PEM, as it came.
        static String certificate(SSLSessionInfo ssl) {
            try {
                Certificate[] chain = ssl.getPeerCertificates();
                if (chain == null || chain.length == 0) {
                    return null;
                }
                String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(chain[0].getEncoded());
                return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
            } catch (Exception e) {
                return null; // the client has none
            }
        }
    }
}
