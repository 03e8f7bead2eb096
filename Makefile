# The front door. It must parse where no server is installed yet; all that
# needs pg_config happens in src/extension.mk and test/tools.
SHELL = /bin/sh
FLAVOUR ?= release
JOBS := $(shell nproc 2>/dev/null || echo 2)
VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" ktt.control)
TOOLS = test/tools

PGXS_MAKE = mkdir -p build/$(FLAVOUR) && $(MAKE) --no-print-directory \
	$(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS)) \
	-C build/$(FLAVOUR) -f $(CURDIR)/src/extension.mk FLAVOUR=$(FLAVOUR)

.PHONY: all install uninstall installcheck setup demo psql check check-long \
	bench lint asan coverage fuzz docs dist clean help

all: ## build the extension into build/release (the default)
	@+$(PGXS_MAKE) all

install: ## install it for the server of pg_config, or below DESTDIR
	@+$(PGXS_MAKE) install

uninstall: ## remove what install put there
	@+$(PGXS_MAKE) uninstall

installcheck: ## run the regression and isolation tests against a running server
	@+$(PGXS_MAKE) installcheck

setup: ## install the Debian packages that are missing
	@$(TOOLS)/setup base

demo: setup ## run the main job on real data in a private cluster (DATA=file for other data)
	@DATA='$(DATA)' $(TOOLS)/demo

psql: ## open a shell on the demo's data
	@$(TOOLS)/cluster psql demo

check: setup ## run every test
	@$(TOOLS)/check

check-long: setup ## the same with the long versions of the crash, load and model tests
	@KTT_LONG=1 $(TOOLS)/check

bench: setup ## measure against the peers: one line per benchmark
	@$(TOOLS)/setup bench || echo "bench: without pgRouting, driver runs have no peer" >&2
	@$(TOOLS)/bench

lint: ## static analysis and the rules of the house
	@$(TOOLS)/setup base lint
	@$(TOOLS)/lint

asan: setup ## run every test with ASan and UBSan inside the server
	@FLAVOUR=asan $(TOOLS)/check

coverage: setup ## run every test with gcov and print what part of every C file was reached
	@$(TOOLS)/coverage

fuzz: ## fuzz every parser with RUNS inputs (10000000), or for SECONDS each
	@$(TOOLS)/setup base fuzz
	@RUNS='$(RUNS)' SECONDS_EACH='$(SECONDS)' $(TOOLS)/fuzz

docs: setup ## write docs/reference.md from the catalog's comments
	@$(TOOLS)/docs write

dist: ## pack the committed tree into build/ktt-VERSION.tar.gz
	@mkdir -p build
	git archive --prefix=ktt-$(VERSION)/ -o build/ktt-$(VERSION).tar.gz HEAD

clean: ## stop the demo cluster and remove everything that was built
	@$(TOOLS)/cluster remove
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 14
