<%--
The probe application, contract 1, for a servlet container's AJP connector (Tomcat 10 or newer). Copy it to
webapps/ROOT/WEB-INF/probe.jsp and map /* to it in web.xml: <servlet> with <jsp-file>/WEB-INF/probe.jsp</jsp-file>.

What the connector keeps from the application unless server.xml says so: req_attributes that it does not know
(allowedRequestAttributesPattern=".*"), remote_user and auth_type (tomcatAuthentication="false"), remote_host
(enableLookups="true"). jvm_route, context, servlet_path and stored_method have no call in the servlet API.
--%><%@ page session="false" import="jakarta.servlet.*, java.io.*, java.nio.charset.StandardCharsets, java.security.*,
java.security.cert.*, java.util.*" %><%!
// Long enough that the writes do not count, short enough that a body of any size fits in memory.
static final int PIECE = 65536;

// Over the method that the container calls, not in _jspService, which answers GET, HEAD and POST alone and has a writer.
@Override public void service(ServletRequest request, ServletResponse response) throws ServletException, IOException {
    new Answer((HttpServletRequest) request, (HttpServletResponse) response, getServletContext().getServerInfo()).send();
}

static class Answer {
    final HttpServletRequest request;
    final HttpServletResponse response;
    final String server;
    final Map<String, String> asked = new HashMap<>();
    final List<String> headers = new ArrayList<>();
    final long chunk;
    final int status;

    Answer(HttpServletRequest request, HttpServletResponse response, String server) {
        this.request = request;
        this.response = response;
        this.server = server;
        steer(request.getQueryString() == null ? "" : request.getQueryString());
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

    void await(String key) {
        try {
            Thread.sleep(Math.min(number(key, 0), 60000));
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while waiting for " + key, e);
        }
    }

    void fail(String when) throws ServletException {
        if (asks("throw", when)) {
            throw new ServletException("throw=" + when + " was asked for");
        }
    }

    void send() throws ServletException, IOException {
        boolean reads = !asks("read", "no");
        boolean duplex = reads && asks("body", "echo") && asks("duplex", "yes");
        byte[] received = reads && !duplex ? request.getInputStream().readAllBytes() : new byte[0];
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
        sendHeaders(type, chunk > 0 || bodiless ? -1 : duplex ? request.getContentLengthLong() : length);
        if (bodiless || request.getMethod().equals("HEAD")) {
            return;
        }
        if (duplex) {
            writeDuplex();
        } else {
            writeBody(body, length);
        }
    }

    // A Content-Type or Content-Length that is asked for replaces the one set before.
    void sendHeaders(String type, long length) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        if (length >= 0) {
            response.setContentLengthLong(length);
        }
        for (String line : headers) {
            int colon = line.indexOf(':');
            response.addHeader(line.substring(0, colon), line.substring(colon + 1));
        }
        if (chunk > 0) {
            response.flushBuffer(); // else the container counts a short body and sends its length
        }
    }

    // With no bytes of its own the body is of letters.
    void writeBody(byte[] body, long length) throws ServletException, IOException {
        OutputStream out = response.getOutputStream();
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
                response.flushBuffer();
            }
            writeNothing(out);
            failLate();
        }
        failLate();
    }

    void failLate() throws ServletException, IOException {
        if (asks("throw", "late")) {
            response.flushBuffer(); // else the container throws the answer away and sends its error page
            fail("late");
        }
    }

    void writeDuplex() throws ServletException, IOException {
        OutputStream out = response.getOutputStream();
        InputStream in = request.getInputStream();
        byte[] piece = new byte[PIECE];
        writeNothing(out);
        for (int got = in.read(piece); got > 0; ) {
            out.write(piece, 0, got);
            response.flushBuffer();
            writeNothing(out);
            failLate();
            got = in.read(piece);
            if (got > 0) {
                await("pause");
            }
        }
        failLate();
    }

    void writeNothing(OutputStream out) throws IOException {
        if (asks("write", "zero")) {
            out.write(new byte[0]);
            response.flushBuffer();
        }
    }

    String json(byte[] received) {
        StringJoiner params = new StringJoiner(", ", "{", "}");
        params().forEach((name, value) -> params.add(quoted(name) + ": " + quoted(value)));
        return "{\"probe\": 1, \"server\": " + quoted(server) + ", \"protocol\": \"ajp\", \"method\": \"threaded\""
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

    // The container decodes as ISO-8859-1, so a char is a byte already.
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
        params.put("REQUEST_METHOD", request.getMethod());
        params.put("SERVER_PROTOCOL", request.getProtocol());
        params.put("REQUEST_URI", request.getRequestURI());
        params.put("REMOTE_ADDR", request.getRemoteAddr());
        params.put("REMOTE_HOST", request.getRemoteHost());
        // getServerName() is what the Host header says; the connector keeps server_name and server_port as the local ones.
        params.put("SERVER_NAME", request.getLocalName());
        params.put("SERVER_PORT", String.valueOf(request.getLocalPort()));
        params.put("HTTPS", request.isSecure() ? "on" : null);
        params.put("QUERY_STRING", request.getQueryString());
        params.put("REMOTE_USER", request.getRemoteUser());
        params.put("AUTH_TYPE", request.getAuthType());
        for (String name : Collections.list(request.getHeaderNames())) {
            String key = name.toUpperCase(Locale.ROOT).replace('-', '_');
            boolean bare = key.equals("CONTENT_TYPE") || key.equals("CONTENT_LENGTH");
            params.put(bare ? key : "HTTP_" + key, String.join(", ", Collections.list(request.getHeaders(name))));
        }
        attributes(params);
        params.values().removeIf(Objects::isNull);
        return params;
    }

    // The attributes that the connector renamed get their names back; the container's own have names with a dot.
    void attributes(Map<String, String> params) {
        for (String name : attributeNames()) {
            Object value = request.getAttribute(name);
            if (name.indexOf('.') < 0 && value instanceof String) {
                params.put(name, (String) value);
            }
        }
        params.put("AJP_SSL_CIPHER", attribute("jakarta.servlet.request.cipher_suite"));
        params.put("AJP_SSL_KEY_SIZE", attribute("jakarta.servlet.request.key_size"));
        params.put("AJP_SSL_SESSION", attribute("jakarta.servlet.request.ssl_session_id"));
        params.put("AJP_SSL_CERT", certificate());
        String protocol = attribute("org.apache.tomcat.util.net.secure_protocol_version");
        if (protocol != null) {
            params.put("AJP_SSL_PROTOCOL", protocol);
        }
    }

    // getAttributeNames() leaves those out that came with the request, although getAttribute() has them. Tomcat's own
    // request behind this one has the list; in another container the list is that of the servlet API.
    Set<String> attributeNames() {
        Set<String> names = new TreeSet<>(Collections.list(request.getAttributeNames()));
        try {
            java.lang.reflect.Field behind = request.getClass().getDeclaredField("request");
            behind.setAccessible(true);
            Object catalina = behind.get(request);
            Object coyote = catalina.getClass().getMethod("getCoyoteRequest").invoke(catalina);
            for (Object name : ((Map<?, ?>) coyote.getClass().getMethod("getAttributes").invoke(coyote)).keySet()) {
                names.add((String) name);
            }
        } catch (ReflectiveOperationException e) {
            return names;
        }
        return names;
    }

    String attribute(String name) {
        return Objects.toString(request.getAttribute(name), null);
    }

    // Written again as PEM, as it came.
    String certificate() {
        X509Certificate[] chain = (X509Certificate[]) request.getAttribute("jakarta.servlet.request.X509Certificate");
        if (chain == null || chain.length == 0) {
            return null;
        }
        try {
            String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(chain[0].getEncoded());
            return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e); // it was decoded from what it encodes to
        }
    }
}
%>
