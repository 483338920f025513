// Package containers has the peers: servers and gateways that nobody here
// wrote, which the cases are run against.
//
// A peer is a folder with its definition (peer.yaml), the script that runs it
// in the foreground (run), its image (Dockerfile), what its configuration is
// made of, and its known failures: those in expect.yaml, and those in
// expect-threaded.yaml, expect-tcp.yaml, expect-secret.yaml and
// expect-packets-of-8192.yaml that are of such variants alone. A folder with a
// peer.yaml is a peer: no Go file names it. The script is driven by its environment alone,
// so that it is a container's entry point as well as what [Start] runs
// natively:
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
// Called as "run version" it prints the version of the program. It ends with
// exec, so that the program itself gets SIGTERM; the sockets that it makes are
// open to all (umask 0); what it writes lies in PEER_DIR.
//
// The packages that a native peer needs stand in its definition, each on a line
// of its own, behind "debian:", "pip:" or "maven:". A peer that is for
// containers only says so (container-only: true) and names none.
//
// # Images
//
// A Dockerfile builds from debian:bookworm-slim, or debian:bullseye-slim for
// Python 2.7, with nothing but its folder as context, and ends like this:
//
//	FROM debian:bookworm-slim
//	RUN apt-get update \
//		&& apt-get install -y --no-install-recommends nginx-light \
//		&& rm -rf /var/lib/apt/lists/*
//	COPY . /peer
//	ENTRYPOINT ["sh", "/peer/run"]
//
// What isn't Debian's is installed in the Dockerfile, too, in an exact version,
// and before the COPY, which keeps it in the cache of layers. An image that can
// tell run where something is does so by ENV. peer.yaml and the known failures are
// not in the context, so that an image, tagged by what it is made of, is built
// again only when it would be another one. The build has the host's network. Behind a
// proxy with a certificate of its own, images that "make base-images" made have
// the host's certificates: pip, npm and curl find them by the environment, and
// with the package ca-certificates installed so does all else, Java included.
//
// A container has the host's network and publishes no port (so EXPOSE is of no
// use); an init process hands SIGTERM on and reaps what is left. PEER_DIR, the
// file PEER_APP and the folder of PEER_BACKEND's socket have the same paths
// within as without. Standard output and error are the file log in PEER_DIR.
//
// # Tests
//
// TestPeers, which make containers runs, puts the cases to every server in its
// container and judges by its expect.yaml: each protocol, method and setting over
// one network, with FCGIKIT_ALL_VARIANTS set over all. A server of which more
// cases are untested than in reports/matrix.json fails, too. TestMatrix does so
// without a judgement, and writes what it found. Without Docker the tests of
// containers are skipped, and TestCases takes the servers that are installed; with
// FCGIKIT_REQUIRE_DOCKER=1 they fail.
package containers
