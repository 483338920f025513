// The probe application, contract 1, for node-fastcgi, which has to be where Node.js looks for modules:
//   spawn-fcgi -n -a 127.0.0.1 -p 9000 -- /usr/bin/node probe.js
//   PEER_NETWORK=tcp PEER_ADDRESS=127.0.0.1:9000 node probe.js
// The first serves the socket at fd 0, the second listens by itself, with PEER_NETWORK=unix at a path.
'use strict';

const crypto = require('node:crypto');
const { once } = require('node:events');
const timers = require('node:timers/promises');
const fcgi = require('node-fastcgi');

const PIECE = 65536; // long enough that the writes do not count, short enough that a body of any size fits in memory
const LETTERS = Buffer.from('abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil(PIECE / 26) + 1));
const CAN = ['output', 'write', 'duplex', 'pause', 'role']; // an exception ends the process, as in any Node.js server

// node-fastcgi decodes parameters as UTF-8. These are the bytes again, each one code point; what was no UTF-8 is lost.
const bytes = (text = '') => Buffer.from(text, 'utf8').toString('latin1');

// What the query string asks for. Of a key that is there twice the last counts; '+' stays '+'.
function steering(query) {
	const last = {}, headers = [];
	for (const pair of query.split('&')) {
		const [key, ...rest] = pair.split('=');
		const value = rest.join('=').replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
		last[key] = value;
		if (key === 'header' && value.includes(':')) {
			headers.push(value);
		}
	}
	const number = (key, otherwise) => /^[0-9]{1,18}$/.test(last[key]) ? Number(last[key]) : otherwise;
	const status = number('status', 200);
	return {
		headers, status,
		bodiless: status < 200 || status === 204 || status === 304,
		size: number('size'),
		chunk: number('chunk', 0),
		delay: Math.min(number('delay', 0), 60000),
		pause: Math.min(number('pause', 0), 60000),
		reads: last.read !== 'no',
		echo: last.body === 'echo',
		duplex: last.duplex === 'yes' && last.body === 'echo' && last.read !== 'no',
		none: last.output === 'none',
		zero: last.write === 'zero',
		stderr: last.stderr || '',
	};
}

// What is read of a stream: its digest, and with keep its bytes.
async function read(stream, keep) {
	const hash = crypto.createHash('sha256'), pieces = [];
	let length = 0;
	for await (const piece of stream || []) {
		hash.update(piece);
		length += piece.length;
		if (keep) {
			pieces.push(piece);
		}
	}
	return { digest: { length, sha256: hash.digest('hex') }, bytes: Buffer.concat(pieces) };
}

function json(params, body, data) {
	const answer = {
		probe: 1, server: 'node-fastcgi ' + require('node-fastcgi/package.json').version, protocol: 'fcgi',
		method: process.env.PEER_METHOD || undefined, // one process can't know how many there are
		pid: process.pid, can: CAN,
		params: Object.fromEntries(Object.entries(params).map((pair) => pair.map(bytes))),
		body: body.digest, data: data && data.digest,
	};
	return Buffer.from(JSON.stringify(answer) + '\n');
}

// The bytes from at on, length of them. A body that is a number has that many letters.
function part(body, at, length) {
	return Buffer.isBuffer(body) ? body.subarray(at, at + length) : LETTERS.subarray(at % 26, at % 26 + length);
}

async function write(response, piece) {
	if (!response.write(piece)) {
		await once(response, 'drain');
	}
}

async function writeBody(asked, response, body) {
	const length = Buffer.isBuffer(body) ? body.length : body, chunk = asked.chunk || length;
	if (asked.chunk > 0) {
		response.flushHeaders(); // else Node.js gives an empty body its Content-Length
	}
	if (asked.zero) {
		response.write('');
	}
	for (let start = 0; start < length; start += chunk) {
		if (start > 0 && asked.pause > 0) {
			await timers.setTimeout(asked.pause);
		}
		const end = Math.min(start + chunk, length);
		for (let at = start; at < end; at += PIECE) {
			await write(response, part(body, at, Math.min(PIECE, end - at)));
		}
		if (asked.zero) {
			response.write('');
		}
	}
}

async function writeDuplex(asked, request, response) {
	let first = true;
	response.flushHeaders();
	for await (const piece of request) {
		if (!first && asked.pause > 0) {
			await timers.setTimeout(asked.pause);
		}
		first = false;
		await write(response, piece);
	}
}

// Content-Type and Content-Length give way to headers of these names that are asked for. Node.js refuses a line break.
function setHeaders(asked, response, type, length) {
	response.statusCode = asked.status;
	response.setHeader('Content-Type', type);
	if (length !== undefined && asked.chunk === 0 && !asked.bodiless) {
		response.setHeader('Content-Length', length);
	}
	const more = {};
	for (const line of asked.headers) {
		const colon = line.indexOf(':'), name = line.slice(0, colon);
		(more[name] ||= []).push(line.slice(colon + 1));
	}
	for (const [name, values] of Object.entries(more)) {
		response.setHeader(name, values.length > 1 ? values : values[0]);
	}
}

async function answer(role, request, response) {
	const { params, dataStream, errorStream } = request.socket;
	const asked = steering(bytes(params.QUERY_STRING));
	asked.reads &&= role !== 'authorizer'; // which gets no STDIN, section 6.3
	asked.duplex &&= role === 'responder'; // a filter's DATA comes after the whole of STDIN
	const body = await read(asked.reads && !asked.duplex ? request : null, asked.echo);
	const data = role === 'filter' && await read(asked.reads ? dataStream : null, asked.echo);
	await timers.setTimeout(asked.delay);
	if (asked.stderr) {
		errorStream.write(asked.stderr, 'latin1');
	}
	if (asked.none) {
		request.socket.end();
		return;
	}
	let type = 'application/json', content;
	if (asked.echo) {
		[type, content] = ['application/octet-stream', (data || body).bytes];
	} else if (asked.size !== undefined) {
		[type, content] = ['text/plain', asked.size];
	} else {
		content = json(params, body, data || undefined);
	}
	const length = Buffer.isBuffer(content) ? content.length : content;
	setHeaders(asked, response, type, asked.duplex ? params.CONTENT_LENGTH : length);
	if (role === 'authorizer' && asked.status === 200) {
		response.setVariable('PROBE', '1');
	}
	if (!asked.bodiless && request.method !== 'HEAD') {
		await (asked.duplex ? writeDuplex(asked, request, response) : writeBody(asked, response, content));
	}
	response.end();
}

// What goes wrong within an answer, such as a header that Node.js refuses, ends that answer and not the process.
function serve(role) {
	return (request, response) => answer(role, request, response).catch((error) => {
		console.error(error);
		if (!response.headersSent) {
			response.writeHead(500, { 'Content-Type': 'text/plain' });
		}
		response.end(`${error}\n`);
	});
}

const server = fcgi.createServer(serve('responder'), serve('authorizer'), serve('filter'));
const address = process.env.PEER_ADDRESS || '';
if (fcgi.isService()) {
	server.listen();
} else if (process.env.PEER_NETWORK === 'unix') {
	server.listen(address);
} else if (/:[0-9]+$/.test(address)) {
	const [, host, port] = /^(.*):([0-9]+)$/.exec(address);
	server.listen(Number(port), host);
} else {
	console.error(`no socket at fd 0, and PEER_ADDRESS=${address} is no host:port`);
	process.exit(1);
}
