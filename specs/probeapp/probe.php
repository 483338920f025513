<?php
// The probe application, contract 1, for PHP's FastCGI servers (php-fpm, php-cgi). SCRIPT_FILENAME names this file:
//   php-fpm: php_admin_value[post_max_size] = 0 and php_admin_flag[enable_post_data_reading] = off, in the pool
//   php-cgi -d post_max_size=0 -d enable_post_data_reading=0 -b 127.0.0.1:9000
// Without these two settings PHP keeps form bodies, and all that is longer than 8 MiB, from the application.

const PIECE = 65536; // long enough that the writes do not count, short enough that a body of any size fits in memory

// The last value of each key, and every "header", percent-decoded; '+' stays '+'.
function asked(string $query): array
{
    $asked = ['header' => []];
    foreach (explode('&', $query) as $pair) {
        [$key, $value] = explode('=', $pair, 2) + [1 => ''];
        $value = rawurldecode($value);
        if ($key !== 'header') {
            $asked[$key] = $value;
        } elseif (str_contains($value, ':')) {
            $asked['header'][] = $value;
        }
    }
    return $asked;
}

function number(array $asked, string $key, int $default): int
{
    return ctype_digit($asked[$key] ?? '') ? (int) $asked[$key] : $default;
}

function wait_for(array $asked, string $key): void
{
    usleep(1000 * min(number($asked, $key, 0), 60000));
}

// What PHP put into $_SERVER itself is left out: its own keys, the role that it makes of FCGI_BEGIN_REQUEST, and the
// variables of its process (with clear_env = no, or php-cgi). A parameter with the value of its namesake in the process
// can't be told from that one and is left out, too. PHP makes '_' of a '.' or ' ' in a
// name, and of A[b] an array, which is no string.
function params(): array
{
    static $own = ['PHP_SELF', 'REQUEST_TIME', 'REQUEST_TIME_FLOAT', 'argv', 'argc',
        'PHP_AUTH_USER', 'PHP_AUTH_PW', 'PHP_AUTH_DIGEST'];
    $params = [];
    foreach ($_SERVER as $name => $value) {
        $role = $name === 'FCGI_ROLE' && $value === 'RESPONDER';
        if (is_string($value) && !$role && !in_array($name, $own, true) && getenv((string) $name, true) !== $value) {
            $params[$name] = $value;
        }
    }
    return $params;
}

// A JSON string of bytes: each byte is one code point.
function quoted(string $bytes): string
{
    static $escapes = null;
    if ($escapes === null) {
        $escapes = ['"' => '\\"', '\\' => '\\\\'];
        foreach ([...range(0, 0x1f), ...range(0x7f, 0xff)] as $byte) {
            $escapes[chr($byte)] = sprintf('\\u%04x', $byte);
        }
    }
    return '"' . strtr($bytes, $escapes) . '"';
}

function json(string $body): string
{
    $fpm = PHP_SAPI === 'fpm-fcgi';
    $params = [];
    foreach (params() as $name => $value) {
        $params[] = quoted((string) $name) . ': ' . quoted($value);
    }
    return '{"probe": 1, "server": ' . quoted('php ' . PHP_VERSION . ' ' . PHP_SAPI)
        . ', "protocol": "fcgi"' . ($fpm || getenv('PHP_FCGI_CHILDREN', true) > 0 ? ', "method": "prefork"' : '')
        . ', "pid": ' . getmypid() . ', "can": ["write", "throw", "pause"]'
        . ', "params": {' . implode(', ', $params) . '}'
        . ', "body": {"length": ' . strlen($body) . ', "sha256": "' . hash('sha256', $body) . '"}}' . "\n";
}

// $length bytes of the body from $at on. A body that is a number has that many letters.
function part(string|int $body, int $at, int $length): string
{
    if (is_string($body)) {
        return substr($body, $at, $length);
    }
    return substr(str_repeat('abcdefghijklmnopqrstuvwxyz', intdiv($length, 26) + 2), $at % 26, $length);
}

function write_nothing(array $asked): void
{
    if (($asked['write'] ?? '') === 'zero') {
        echo '';
        flush();
    }
}

function write_body(array $asked, string|int $body): void
{
    $length = is_string($body) ? strlen($body) : $body;
    $chunk = number($asked, 'chunk', 0);
    $piece = $chunk ?: PIECE;
    write_nothing($asked);
    for ($at = 0; $at < $length; $at += $piece) {
        if ($at > 0 && $chunk) {
            wait_for($asked, 'pause');
        }
        echo part($body, $at, min($piece, $length - $at));
        if ($chunk) {
            flush();
            fail($asked, 'late');
        }
        write_nothing($asked);
    }
    flush();
    fail($asked, 'late');
}

function fail(array $asked, string $when): void
{
    if (($asked['throw'] ?? '') === $when) {
        throw new RuntimeException("throw=$when was asked for");
    }
}

// A header that PHP has already, or sends by itself, is replaced the first time; one more is one more.
function send_headers(array $asked, int $status, string $type, ?int $length): void
{
    http_response_code($status);
    header("Content-Type: $type");
    if ($length !== null) {
        header("Content-Length: $length");
    }
    foreach ($asked['header'] as $line) {
        $name = strtolower(strstr($line, ':', true));
        header($line, $name === 'content-type' || $name === 'content-length');
    }
}

while (ob_get_level() > 0) {
    ob_end_clean();
}
ini_set('zlib.output_compression', '0');
header_remove('X-Powered-By');
set_time_limit(0);

$asked = asked($_SERVER['QUERY_STRING'] ?? '');
$received = ($asked['read'] ?? '') === 'no' ? '' : file_get_contents('php://input');
wait_for($asked, 'delay');
if (($asked['stderr'] ?? '') !== '') {
    error_log($asked['stderr'], 4); // 4 is the server's own log: FCGI_STDERR, as "PHP message: TEXT\n"
}
fail($asked, 'early');

if (($asked['body'] ?? '') === 'echo') {
    [$type, $body] = ['application/octet-stream', $received];
} elseif (ctype_digit($asked['size'] ?? '')) {
    [$type, $body] = ['text/plain', (int) $asked['size']];
} else {
    [$type, $body] = ['application/json', json($received)];
}
$status = number($asked, 'status', 200);
$bodiless = $status < 200 || $status === 204 || $status === 304;
$length = is_string($body) ? strlen($body) : $body;
send_headers($asked, $status, $type, $bodiless || number($asked, 'chunk', 0) ? null : $length);
if (!$bodiless && ($_SERVER['REQUEST_METHOD'] ?? '') !== 'HEAD') {
    write_body($asked, $body);
}
