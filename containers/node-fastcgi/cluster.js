// Runs the application PEER_APP in eight processes by Node.js's own cluster, which listens for them and hands the
// connections out. One that ends is replaced.
'use strict';

const cluster = require('node:cluster');

if (cluster.isPrimary) {
	process.on('SIGTERM', () => process.exit(0)); // the workers end with their channel to it
	cluster.on('exit', () => cluster.fork());
	for (let i = 0; i < 8; i++) {
		cluster.fork();
	}
} else {
	require(process.env.PEER_APP);
}
