# Bare make lists the targets.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -o pipefail -c
FUZZTIME ?= 10s
# PROCS of the peers in containers are run at once; LABELS chooses among them as in
# 'peer:flup && proto:fcgi'; ALL=1 takes every network of each.
PROCS ?= 4
LABELS ?=

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

test: ## all tests; a real server that is not installed is skipped, with the reason, and so are containers without Docker
	go test -timeout 30m ./...

race: ## the tests of the client and of the reference server under the race detector
	go test -race ./client/... ./reference

lint: ## gofmt, go vet, staticcheck, actionlint
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

fuzz: ## each fuzz target for FUZZTIME
	@for package in $$(go list ./client/...); do \
		for target in $$(go test $$package -list '^Fuzz' | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done

base-images: ## debian:bookworm-slim and bullseye-slim, made from a Debian mirror where no registry has them
	.ci/base-images

images: base-images ## build the images of all peers that are not there yet
	FCGIKIT_REQUIRE_DOCKER=1 go test ./containers -run '^TestImages$$' -count 1 -timeout 40m

containers: images ## the cases over every server in its container: PROCS at once, LABELS to choose, ALL=1 for each network
	cd containers && FCGIKIT_REQUIRE_DOCKER=1 FCGIKIT_ALL_VARIANTS=$(ALL) go run github.com/onsi/ginkgo/v2/ginkgo \
		--procs $(PROCS) --label-filter '$(LABELS)' --no-color --silence-skips --timeout 2h . -- -test.run=TestPeers

prove: ## every fault is killed by the cases of the table, and by no other; the kill matrix
	go test ./specs -count 1 -v -timeout 30m -prove -run '^(TestFaultlessReferenceConforms|TestFaultsAreKilled|TestVerdictsAreTheSameEachTime|TestNullServersPassNothing)$$' 2>&1 | grep -vE '^ *(=== |--- PASS)|reference: panic'

bench: ## one interleaved run: ratios, not absolute figures, are what counts
	go test ./reference -run '^$$' -bench '^Benchmark(Clients|Servers)$$' -benchtime 1x
	go test ./cmd/fcgibench/load -run '^$$' -bench '^Benchmark(HighestRate|Lateness|OpenModel)$$' -benchtime 1x
	go test ./containers -run '^$$' -bench '^BenchmarkThroughNginx$$' -benchtime 1x

vectors: ## capture the golden wire vectors again, off the servers and gateways that are installed
	go test ./containers -run '^TestCaptureVectors$$' -count 1 -vectors

matrix: images ## every server in all its ways, in containers: the site in reports/out, and the README's table
	rm -rf reports/out/runs
	status=0; FCGIKIT_REQUIRE_DOCKER=1 go test ./containers -run '^TestMatrix$$' -count 1 -timeout 4h -matrix $(CURDIR)/reports/out/runs || status=$$?; \
	go run ./cmd/fcgiprobe matrix -o reports/out reports/out/runs/*.json && exit $$status
	cp reports/out/matrix.json reports/matrix.json
	go test ./reports -run '^TestTheREADMEHasTheMatrix$$' -count 1 -update

.PHONY: help test race lint fuzz base-images images containers prove bench vectors matrix
