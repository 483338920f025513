//go:build ignore

/* The probe application, contract 1, for libfcgi, the FastCGI developer's kit.
 *   cc -O2 -pthread -o probe probe.c -lfcgi
 *   spawn-fcgi -n -s app.sock -- ./probe    or, without a socket at fd 0: PEER_ADDRESS=127.0.0.1:9000 ./probe
 * With PEER_METHOD=threaded it serves eight connections at once, in threads.
 * (The first line keeps the go command from it.) */

#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined __has_include
#if __has_include(<fcgi_config.h>)
#include <fcgi_config.h>
#endif
#endif
#ifdef PACKAGE_VERSION
#define SERVER "libfcgi " PACKAGE_VERSION
#else
#define SERVER "libfcgi"
#endif

enum { AUTHORIZER = 2, FILTER = 3 }; /* FastCGI 1.0, section 8 */
enum { PIECE = 65536 };              /* bytes a read or write: one record holds no more */

/* Bytes that grow. */

typedef struct {
    char *at;
    size_t length, room;
} Bytes;

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("probe");
        exit(1);
    }
    return memory;
}

static void reserve(Bytes *b, size_t more)
{
    if (b->room - b->length >= more)
        return;
    b->room = 2 * b->room + more;
    b->at = must(realloc(b->at, b->room));
}

static void append(Bytes *b, const char *from, size_t length)
{
    reserve(b, length);
    memcpy(b->at + b->length, from, length);
    b->length += length;
}

static void text(Bytes *b, const char *string)
{
    append(b, string, strlen(string));
}

static void number(Bytes *b, long long n)
{
    char digits[24];
    append(b, digits, snprintf(digits, sizeof digits, "%lld", n));
}

/* A JSON string: each byte is one code point. */
static void quoted(Bytes *b, const char *from, size_t length)
{
    char escape[8];
    text(b, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = from[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            append(b, escape, snprintf(escape, sizeof escape, "\\u%04x", c));
        else
            append(b, from + i, 1);
    }
    text(b, "\"");
}

/* SHA-256 (FIPS 180-4). */

typedef struct {
    uint32_t h[8];
    uint64_t length;
    unsigned char block[64];
} Digest;

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void compress(Digest *d)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)d->block[4 * i] << 24 | d->block[4 * i + 1] << 16 | d->block[4 * i + 2] << 8 | d->block[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
               (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, d->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t t2 = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        d->h[i] += v[i];
}

static Digest digest_begin(void)
{
    return (Digest){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static void digest_add(Digest *d, const char *from, size_t length)
{
    while (length > 0) {
        size_t filled = d->length % 64, part = length < 64 - filled ? length : 64 - filled;
        memcpy(d->block + filled, from, part);
        d->length += part;
        from += part;
        length -= part;
        if (d->length % 64 == 0)
            compress(d);
    }
}

static void digest_hex(Digest *d, Bytes *b)
{
    uint64_t bits = 8 * d->length;
    char end[8], hex[9];
    for (int i = 0; i < 8; i++)
        end[i] = bits >> (56 - 8 * i);
    digest_add(d, "\x80", 1);
    while (d->length % 64 != 56)
        digest_add(d, "", 1);
    digest_add(d, end, 8);
    for (int i = 0; i < 8; i++)
        append(b, hex, snprintf(hex, sizeof hex, "%08x", d->h[i]));
}

/* Steering: what the query string asks for. Of a key that is there twice the last counts. */

typedef struct {
    char *query; /* decoded in place; the strings below point into it */
    char *errors;
    char **headers;
    int header_count;
    int status, exit_status;
    long long size, chunk, delay, pause;
    int reads, echo, none, zero, duplex, bodiless;
} Asked;

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;
    return found && c > 0x1f ? found - digits : -1;
}

/* Percent-decodes in place; '+' stays '+'. A NUL ends the value, as it ends every string of libfcgi. */
static void decode(char *s)
{
    char *to = s;
    for (; *s; s++) {
        if (*s == '%' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
            *to++ = hex_digit(s[1]) * 16 + hex_digit(s[2]);
            s += 2;
        } else {
            *to++ = *s;
        }
    }
    *to = 0;
}

/* Leaves what is not a number, or one that 64 bits may not hold, as it was. */
static void parse(long long *n, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (digits > 0 && digits < 19 && value[digits] == 0)
        *n = strtoll(value, NULL, 10);
}

static void take(Asked *a, const char *key, char *value)
{
    long long n = -1;
    parse(&n, value);
    if (strcmp(key, "header") == 0)
        a->headers[a->header_count++] = value;
    else if (strcmp(key, "status") == 0 && n >= 0)
        a->status = n;
    else if (strcmp(key, "exit") == 0 && n >= 0)
        a->exit_status = n;
    else if (strcmp(key, "size") == 0)
        a->size = n;
    else if (strcmp(key, "chunk") == 0)
        a->chunk = n;
    else if (strcmp(key, "delay") == 0)
        a->delay = n;
    else if (strcmp(key, "pause") == 0)
        a->pause = n;
    else if (strcmp(key, "stderr") == 0)
        a->errors = value;
    else if (strcmp(key, "body") == 0)
        a->echo = strcmp(value, "echo") == 0;
    else if (strcmp(key, "read") == 0)
        a->reads = strcmp(value, "no") != 0;
    else if (strcmp(key, "output") == 0)
        a->none = strcmp(value, "none") == 0;
    else if (strcmp(key, "write") == 0)
        a->zero = strcmp(value, "zero") == 0;
    else if (strcmp(key, "duplex") == 0)
        a->duplex = strcmp(value, "yes") == 0;
}

static Asked steering(const char *query)
{
    Asked a = {.status = 200, .size = -1, .reads = 1, .errors = ""};
    a.query = must(strdup(query ? query : ""));
    size_t pairs = 1;
    for (char *c = a.query; *c; c++)
        pairs += *c == '&';
    a.headers = must(calloc(pairs, sizeof *a.headers));
    for (char *next = a.query, *pair; (pair = strsep(&next, "&")) != NULL;) {
        char *key = strsep(&pair, "=");
        decode(pair ? pair : key);
        take(&a, key, pair ? pair : "");
    }
    a.duplex = a.duplex && a.echo && a.reads;
    a.bodiless = a.status < 200 || a.status == 204 || a.status == 304;
    return a;
}

/* Reading. */

/* One piece of the stream: what has come, where waiting for a full piece is not wanted. */
static int read_some(FCGX_Stream *in, char *piece)
{
    int c = FCGX_GetChar(in);
    if (c < 0)
        return 0;
    piece[0] = c;
    int ready = in->stop - in->rdNext;
    return 1 + FCGX_GetStr(piece + 1, ready < PIECE - 1 ? ready : PIECE - 1, in);
}

static Bytes read_all(FCGX_Stream *in)
{
    Bytes b = {0};
    int got;
    do {
        reserve(&b, PIECE);
        got = FCGX_GetStr(b.at + b.length, PIECE, in);
        b.length += got;
    } while (got == PIECE);
    return b;
}

/* The JSON answer. */

static int by_name(const void *left, const void *right)
{
    char **a = *(char ***)left, **b = *(char ***)right;
    size_t al = strcspn(*a, "="), bl = strcspn(*b, "=");
    int order = memcmp(*a, *b, al < bl ? al : bl);
    if (order == 0)
        order = (al > bl) - (al < bl);
    return order ? order : (a > b) - (a < b);
}

/* The parameters. The first is the role, which libfcgi made itself of FCGI_BEGIN_REQUEST. Of a name that was sent twice
 * the first counts, as in FCGX_GetParam. */
static void params(Bytes *b, char **envp)
{
    if (*envp && strncmp(*envp, "FCGI_ROLE=", 10) == 0)
        envp++;
    size_t count = 0;
    while (envp[count])
        count++;
    char ***sorted = must(calloc(count + 1, sizeof *sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = envp + i;
    qsort(sorted, count, sizeof *sorted, by_name);
    const char *separator = "", *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *pair = *sorted[i];
        size_t name = strcspn(pair, "=");
        if (last && strncmp(pair, last, name + 1) == 0)
            continue;
        text(b, separator);
        quoted(b, pair, name);
        text(b, ": ");
        quoted(b, pair + name + 1, strlen(pair + name + 1));
        separator = ", ";
        last = pair;
    }
    free(sorted);
}

static void summary(Bytes *b, const char *name, const Bytes *stream)
{
    Digest d = digest_begin();
    digest_add(&d, stream->at, stream->length);
    text(b, ", \"");
    text(b, name);
    text(b, "\": {\"length\": ");
    number(b, stream->length);
    text(b, ", \"sha256\": \"");
    digest_hex(&d, b);
    text(b, "\"}");
}

static Bytes json(FCGX_Request *request, const Bytes *body, const Bytes *data)
{
    Bytes b = {0};
    const char *method = getenv("PEER_METHOD"); /* one process can't know how many there are */
    text(&b, "{\"probe\": 1, \"server\": \"" SERVER "\", \"protocol\": \"fcgi\"");
    if (method && *method) {
        text(&b, ", \"method\": ");
        quoted(&b, method, strlen(method));
    }
    text(&b, ", \"pid\": ");
    number(&b, getpid());
    text(&b, ", \"can\": [\"output\", \"write\", \"exit\", \"duplex\", \"pause\", \"role\"], \"params\": {");
    params(&b, request->envp);
    text(&b, "}");
    summary(&b, "body", body);
    if (request->role == FILTER)
        summary(&b, "data", data);
    text(&b, "}\n");
    return b;
}

/* Writing. */

static char letters[PIECE + 26];

static void wait_for(long long milliseconds)
{
    if (milliseconds <= 0)
        return;
    if (milliseconds > 60000)
        milliseconds = 60000;
    struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void write_nothing(const Asked *a, FCGX_Stream *out)
{
    if (!a->zero)
        return;
    FCGX_PutStr("", 0, out);
    FCGX_FFlush(out);
}

/* Bytes at..at+length of the body; without bytes of its own it is of letters. */
static void write_part(FCGX_Stream *out, const char *bytes, long long at, long long length)
{
    while (length > 0 && FCGX_GetError(out) == 0) {
        int piece = length < PIECE ? length : PIECE;
        FCGX_PutStr(bytes ? bytes + at : letters + at % 26, piece, out);
        at += piece;
        length -= piece;
    }
}

static void write_body(const Asked *a, FCGX_Stream *out, const char *bytes, long long length)
{
    long long chunk = a->chunk > 0 ? a->chunk : length;
    write_nothing(a, out);
    for (long long at = 0; at < length && FCGX_GetError(out) == 0; at += chunk) {
        if (at > 0)
            wait_for(a->pause);
        write_part(out, bytes, at, length - at < chunk ? length - at : chunk);
        if (a->chunk > 0)
            FCGX_FFlush(out);
        write_nothing(a, out);
    }
}

static void write_duplex(const Asked *a, FCGX_Stream *in, FCGX_Stream *out)
{
    char piece[PIECE];
    int got, first = 1;
    write_nothing(a, out);
    FCGX_FFlush(out);
    while ((got = read_some(in, piece)) > 0 && FCGX_GetError(out) == 0) {
        if (!first)
            wait_for(a->pause);
        first = 0;
        FCGX_PutStr(piece, got, out);
        FCGX_FFlush(out);
        write_nothing(a, out);
    }
}

static int asks_for(const Asked *a, const char *name)
{
    for (int i = 0; i < a->header_count; i++)
        if (strncasecmp(a->headers[i], name, strlen(name)) == 0 && a->headers[i][strlen(name)] == ':')
            return 1;
    return 0;
}

/* Content-Type and Content-Length give way to headers of these names that are asked for. */
static void write_headers(const Asked *a, FCGX_Request *request, const char *type, const char *length)
{
    FCGX_Stream *out = request->out;
    FCGX_FPrintF(out, "Status: %d %s\r\n", a->status, a->status == 200 ? "OK" : "Asked For");
    if (!asks_for(a, "Content-Type"))
        FCGX_FPrintF(out, "Content-Type: %s\r\n", type);
    if (length && *length && !asks_for(a, "Content-Length"))
        FCGX_FPrintF(out, "Content-Length: %s\r\n", length);
    if (request->role == AUTHORIZER && a->status == 200)
        FCGX_PutS("Variable-PROBE: 1\r\n", out);
    for (int i = 0; i < a->header_count; i++) {
        char *colon = strchr(a->headers[i], ':');
        if (colon == NULL)
            continue;
        FCGX_PutStr(a->headers[i], colon - a->headers[i], out);
        FCGX_PutS(": ", out);
        FCGX_PutS(colon + 1, out);
        FCGX_PutS("\r\n", out);
    }
    FCGX_PutS("\r\n", out);
}

static void answer(const Asked *a, FCGX_Request *request, const Bytes *body, const Bytes *data)
{
    const char *type = "application/json", *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
    const Bytes *echoed = request->role == FILTER ? data : body;
    Bytes made = {0};
    const char *bytes = NULL;
    long long length = a->size;
    char digits[24];
    if (a->echo) {
        type = "application/octet-stream";
        bytes = echoed->at;
        length = echoed->length;
    } else if (a->size >= 0) {
        type = "text/plain";
    } else {
        made = json(request, body, data);
        bytes = made.at;
        length = made.length;
    }
    snprintf(digits, sizeof digits, "%lld", length);
    const char *announced = a->duplex ? FCGX_GetParam("CONTENT_LENGTH", request->envp) : digits;
    write_headers(a, request, type, a->chunk > 0 || a->bodiless ? NULL : announced);
    if (!a->bodiless && !(method && strcmp(method, "HEAD") == 0)) {
        if (a->duplex)
            write_duplex(a, request->in, request->out);
        else
            write_body(a, request->out, bytes, length);
    }
    free(made.at);
}

static void serve(FCGX_Request *request)
{
    Asked a = steering(FCGX_GetParam("QUERY_STRING", request->envp));
    Bytes body = {0}, data = {0};
    if (request->role == FILTER)
        a.duplex = 0; /* its DATA comes after the whole of STDIN */
    if (request->role == AUTHORIZER)
        a.reads = a.duplex = 0; /* it gets no STDIN, section 6.3 */
    if (a.reads && !a.duplex)
        body = read_all(request->in);
    if (a.reads && request->role == FILTER && FCGX_StartFilterData(request->in) == 0)
        data = read_all(request->in);
    wait_for(a.delay);
    if (*a.errors) {
        FCGX_PutS(a.errors, request->err);
        FCGX_FFlush(request->err);
    }
    if (a.exit_status) /* as programs do: those that say nothing leave it to the library */
        FCGX_SetExitStatus(a.exit_status, request->out);
    if (!a.none)
        answer(&a, request, &body, &data);
    FCGX_Finish_r(request);
    free(body.at);
    free(data.at);
    free(a.headers);
    free(a.query);
}

static int listening; /* the socket: fd 0, or one of its own */

static void *serve_all(void *none)
{
    FCGX_Request request;
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) == 0)
        serve(&request);
    return none;
}

/* serve_in_threads has so many of them, this one among them, each with a connection at a time. */
static void serve_in_threads(int threads)
{
    pthread_t thread;
    while (--threads > 0)
        if (pthread_create(&thread, NULL, serve_all, NULL) != 0) {
            fprintf(stderr, "probe: no thread can be started\n");
            exit(1);
        }
    serve_all(NULL);
}

int main(void)
{
    const char *address = getenv("PEER_ADDRESS"), *method = getenv("PEER_METHOD");
    for (size_t i = 0; i < sizeof letters; i++)
        letters[i] = 'a' + i % 26;
    if (FCGX_Init() != 0)
        return 1;
    if (FCGX_IsCGI() && (!address || (listening = FCGX_OpenSocket(address, SOMAXCONN)) < 0)) {
        fprintf(stderr, "probe: no listening socket: neither fd 0 nor PEER_ADDRESS=%s is one\n", address ? address : "");
        return 1;
    }
    serve_in_threads(method && strcmp(method, "threaded") == 0 ? 8 : 1);
    return 0;
}
