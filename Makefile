# Everything a contributor runs. Tools are built from pinned modules into a cache outside of the checkout.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pitwall
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)
FUZZTIME ?= 5s

.PHONY: build test race lint fuzz bench bench-cluster test-real demo docs

build:
	CGO_ENABLED=0 go build -trimpath -o bin/pitwall ./cmd/pitwall

test:
	go test ./...

race:
	go test -race -shuffle=on ./...

lint: $(GOLANGCI)
	$(GOLANGCI) run ./...

$(GOLANGCI):
	mkdir -p $(CACHE)/build
	GOBIN=$(CACHE)/build go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(CACHE)/build/golangci-lint $@

# Each fuzz target for a short time; a crash is a failure.
fuzz:
	./test/fuzz.sh $(FUZZTIME)

# Prints each figure beside what is asked of it and fails on a miss; REPORT=1 only prints.
bench:
	go run ./test/bench

# Brings up a real control plane with 500 nodes and 4,000 pods, and measures the console beside it, as bench does.
bench-cluster:
	PITWALL_TEST_CLUSTER=$$(./test/cluster/build.sh) go run ./test/bench cluster $(BENCH_FLAGS)

# Everything with a real server or a terminal. Says what it skips; REQUIRE_REAL=1 makes a skip a failure.
test-real:
	./test/real/run.sh

demo:
	go run ./cmd/pitwall demo

# Pages that are generated from the program: keys, connectors, interlocks, manual.
docs:
	go test ./tui -run TestSheet -update
