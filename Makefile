# Everyday commands. .ci/run runs the same targets and nothing else.

GO          ?= go
# The tools are pinned here and fetched when they run; go.mod stays free of them.
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.9.0

# How much the expensive tests do.
FUZZTIME    ?= 30s
SEEDS       ?= 2000
RECORDS     ?= 1000000
KILLS       ?= 20
GROUP_RECORDS ?= 2000000
GROUP_KILLS   ?= 10
COMPAT_RECORDS ?= 2000000
# What the tests of a package may take, on the slowest machine.
TIMEOUT     ?= 30m
# Set for a release; otherwise the module system says what it knows.
VERSION     ?=
PLATFORMS   ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: build test race lint fmt vet staticcheck vuln rooms golden fuzz bench crash seeds kill group compat compat-big compat-table cross clean

build: ## the binary, in this folder
	CGO_ENABLED=0 $(GO) build -trimpath -o leat ./cmd/leat

test: ## every test at its everyday size
	$(GO) test -timeout $(TIMEOUT) ./...

race: ## the same under the race detector, with fewer seeds
	LEAT_CRASH_SEEDS=$${LEAT_CRASH_SEEDS:-40} CGO_ENABLED=1 $(GO) test -race -timeout $(TIMEOUT) ./...

lint: fmt vet staticcheck rooms

fmt:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "not formatted with gofmt:"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./internal/vfs/... ./storage/... ./cmd/...
	GOOS=windows $(GO) vet ./internal/vfs/... ./storage/... ./cmd/...

staticcheck:
	$(GO) run $(STATICCHECK) ./...

vuln: ## known vulnerabilities; passes where the database cannot be reached, and says so
	@GO="$(GO)" GOVULNCHECK="$(GOVULNCHECK)" bash .ci/vuln

rooms: ## who may import whom
	$(GO) test -run 'Rooms|Forbidden|PackageComments' .

golden: ## rewrite expected output, to be reviewed as a diff
	$(GO) test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -run 'Golden|Trace|Sessions' -update

fuzz: ## every fuzz target in turn, FUZZTIME each
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" bash .ci/fuzz

bench: build ## the figures of docs/performance.md, each beside its reference
	$(GO) run ./test/bench -leat ./leat

crash: seeds kill

seeds: ## power loss in the simulated file system, SEEDS histories
	LEAT_CRASH_SEEDS=$(SEEDS) $(GO) test -count=1 -timeout 30m ./storage/disklog/...

kill: ## SIGKILL under load: RECORDS records, KILLS kills
	LEAT_CRASH_RECORDS=$(RECORDS) LEAT_CRASH_KILLS=$(KILLS) $(GO) test -count=1 -timeout 60m -v ./test/crash/...

group: ## workers and the server killed under producers and consumers: GROUP_RECORDS user records, GROUP_KILLS kills
	LEAT_GROUP_RECORDS=$(GROUP_RECORDS) LEAT_GROUP_KILLS=$(GROUP_KILLS) $(GO) test -count=1 -timeout 120m -v ./test/group/...

compat: build ## unmodified clients against the binary
	@GO="$(GO)" bash test/compat/run

compat-big: build ## the stories of the KPL and the KCL with COMPAT_RECORDS user records, shown while they are played
	@GO="$(GO)" COMPAT_RECORDS=$(COMPAT_RECORDS) bash test/compat/run --loud show group

compat-table: build ## the same, and their table in README.md
	@GO="$(GO)" bash test/compat/run --table

cross: ## the binary for every platform, in dist/
	@for p in $(PLATFORMS); do \
		out=dist/leat-$${p%/*}-$${p#*/}; \
		case $$p in windows/*) out=$$out.exe;; esac; \
		echo "build $$out"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $$out ./cmd/leat || exit 1; \
	done

clean:
	rm -rf leat dist test/compat/.build
