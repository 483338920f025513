// Package containers has the peers: servers and gateways that nobody here
// wrote, which the cases are run against.
//
// A peer is a folder with its definition (peer.yaml), the script that runs it
// in the foreground (run) and what its configuration is made of. The script is
// driven by its environment alone, so that it is a container's entry point as
// well as what [Start] runs natively:
//
//	PEER_PROTOCOL     fcgi, scgi or ajp
//	PEER_METHOD       threaded or prefork; of servers
//	PEER_NETWORK      unix or tcp: the network between gateway and server
//	PEER_ADDRESS      where a server listens: a socket's path, or host:port
//	PEER_APP          the file of the probe application; of servers
//	PEER_LISTEN       where a gateway listens for HTTP: host:port
//	PEER_BACKEND      the address of the server behind a gateway, as PEER_ADDRESS
//	PEER_KEEP         not empty: a gateway keeps its FastCGI connections
//	PEER_SECRET       AJP's secret; empty or absent for none
//	PEER_PACKET_SIZE  the bytes of AJP's longest packet; absent for 8192
//	PEER_DIR          an existing folder for configuration, logs and temporary files
//
// Called as "run version" it prints the version of the program.
//
// The packages that the peers need stand in their definitions, each on a line
// of its own, behind "debian:", "pip:" or "maven:".
package containers
