# Bare make lists the targets.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -o pipefail -c
FUZZTIME ?= 10s

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

test: ## all tests that need no Docker; a real server that is not installed is skipped, with the reason
	go test ./...

race: ## the tests of the client and of the reference server under the race detector
	go test -race ./client/... ./reference

lint: ## gofmt, go vet, staticcheck
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

fuzz: ## each fuzz target for FUZZTIME
	@for package in $$(go list ./client/...); do \
		for target in $$(go test $$package -list '^Fuzz' | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done

prove: ## every fault is killed by the cases of the table, and by no other; the kill matrix
	go test ./specs -count 1 -v -timeout 30m -prove -run '^(TestFaultlessReferenceConforms|TestFaultsAreKilled|TestVerdictsAreTheSameEachTime|TestNullServersPassNothing)$$' 2>&1 | grep -vE '^ *(=== |--- PASS)|reference: panic'

bench: ## one interleaved run: ratios, not absolute figures, are what counts
	go test ./reference -run '^$$' -bench '^Benchmark(Clients|Servers)$$' -benchtime 1x
	go test ./cmd/fcgibench/load -run '^$$' -bench '^Benchmark(HighestRate|Lateness|OpenModel)$$' -benchtime 1x

vectors: ## capture the golden wire vectors again, off the servers and gateways that are installed
	go test ./containers -run '^TestCaptureVectors$$' -count 1 -vectors

.PHONY: help test race lint fuzz prove bench vectors
