# A front for Meson and ninja: `make help` lists what it does. ARGS="..." goes to the program.

SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: help deps test-deps build train play install deb test-deb test-docker bench bench-peers test test-keras test-onnx test-tensorboard \
    test-torch test-mario test-retro test-python wheel sanitize build-asan sanitize-address sanitize-thread fuzz faults kills docs lint clean

ARGS ?=
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
TARGETS ?=
WERROR ?= false

# Sanitizers end the program at the first finding. tools/lsan.supp lists leaks of libraries.
# ASYNCRL_SLOWER multiplies the time limits of tools/run-test.
SANITIZER_ENV := ASYNCRL_SHORT=1 ASYNCRL_SLOWER=5 \
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    LSAN_OPTIONS=suppressions=$(CURDIR)/tools/lsan.supp:print_suppressions=0 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
# -O1 and line numbers alone take a third less time to compile; meson.build says what needs -O2.
SANITIZER_BUILD := --buildtype=debugoptimized -Doptimization=1 -Dc_args=-g1 -Db_lundef=false
# Many tests wait more than they compute, so more run at once than there are processors.
MESON_TEST := meson test --print-errorlogs --num-processes=$(shell echo $$((2 * $$(nproc))))

# $(call run_tests,BUILD_DIR,MESON_TEST_ARGUMENTS): ends the output with the counts of this run.
define run_tests
@rm -f $(1)/meson-logs/testlog.json
@status=0; $(MESON_TEST) -C $(1) $(2) || status=$$?; \
    tools/test-summary $(1)/meson-logs/testlog.json && exit $$status
endef

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 25

deps: ## install what is needed (tools/install-deps); everything builds without the wheels' files
	@tools/install-deps || [ $$? -eq 3 ]

# WERROR=true, as in .ci/run: a warning ends the build, and tools/lint need not build everything again.
# -g1: line numbers, but no variables, whose places in optimized code take a tenth of the time to compile.
build/build.ninja: | deps
	meson setup build -Dwerror=$(WERROR) -Dc_args=-g1

build: build/build.ninja deps ## build the program, build/asyncrl
	@ninja -C build asyncrl

train: build ## train A3C on Breakout: ARGS="--processes=16 --total_steps=1000000"
	build/asyncrl train a3c --game=Breakout-v0 $(ARGS)

play: build ## play with the best weights of the newest run in runs/: ARGS="--window"
	@model=$$(ls -t runs/*/model-*.h5 2>/dev/null | head -n 1); model=$${model%/*}; \
	if [ -z "$$model" ]; then \
	    echo "no model in runs/ yet: run \`make train\`, or play a weight file:" \
	        "build/asyncrl play --model=FILE --game=ID" >&2; \
	    exit 1; \
	fi; \
	set -x; build/asyncrl play --model="$$model" $(ARGS)

build-install/build.ninja: | deps
	meson setup build-install --prefix=$(PREFIX) -Dtests=disabled

# The prefix may differ from the last one.
install: build-install/build.ninja ## install program, library, headers: PREFIX=/usr/local DESTDIR=
	@meson configure build-install --prefix=$(PREFIX)
	@DESTDIR="$(DESTDIR)" meson install -C build-install
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

deb: ## build a Debian package, dist/asyncrl_VERSION_ARCHITECTURE.deb
	@tools/install-deps --deb || [ $$? -eq 3 ]
	@packaging/make-deb

test-deb: deb ## check the package, and as root install, try and purge it
	@packaging/test-deb

test-docker: ## check the Dockerfile, and as root execute it in a bare Debian, without Docker
	@packaging/test-docker

bench: build ## measure environments, networks, queues, then training and its upper bound; 5 minutes
	build/asyncrl bench env
	build/asyncrl bench network
	build/asyncrl bench queue
	@set -e; for network in a3c nature; do \
	    for game in Breakout-v0 Pong-v0 BreakoutNoFrameskip-v4; do \
	        (set -x; build/asyncrl bench train --game=$$game --network=$$network \
	            --total_steps=30000 $(ARGS)); \
	    done; \
	done

bench-peers: build ## compare with Stable-Baselines3, Sample Factory, EnvPool: ARGS="--repeats=5"
	bench/peers/run $(ARGS)

# Programs with which some tests check results. Without them those tests are skipped, and say so.
test-deps: deps
	@tools/install-deps --test || [ $$? -eq 3 ] || \
	    echo "make: continuing without these; the tests that need them are skipped" >&2

test: build/build.ninja test-deps ## build and run the whole test suite
	@ninja -C build
	$(call run_tests,build)

test-keras: build ## compare weight files with real Keras, in a virtual environment of its own
	tests/keras/run

test-onnx: build ## compare exported networks with real onnxruntime, likewise
	tests/onnx/run

test-tensorboard: build ## read event files of runs with the real TensorBoard, likewise
	tests/tensorboard/run

test-torch: build/build.ninja ## compare returns, losses and gradients with PyTorch's, likewise
	tests/torch/run

test-mario: build ## compare Super Mario Bros. with gym-super-mario-bros itself, likewise
	tests/mario/run

test-retro: build ## compare games of consoles with real stable-retro, in an environment of its own
	tests/retro/run

wheel: build ## build the Python package, dist/asyncrl-VERSION-py3-none-PLATFORM.whl
	@tools/make-wheel

test-python: build ## install the wheel in a virtual environment of its own, and test it there
	tests/python/run

build-asan/build.ninja: | deps
	meson setup build-asan $(SANITIZER_BUILD) -Db_sanitize=address,undefined

build-tsan/build.ninja: | deps
	meson setup build-tsan $(SANITIZER_BUILD) -Db_sanitize=thread

sanitize: sanitize-address sanitize-thread ## the tests under ASan and UBSan, the stress tests under TSan

sanitize-address sanitize-thread: MESON_TEST := $(SANITIZER_ENV) $(MESON_TEST)

build-asan: build-asan/build.ninja
	@ninja -C build-asan

# `meson test` builds only what the chosen tests need. tests/meson.build says which are left out here.
sanitize-address: build-asan/build.ninja deps
	$(call run_tests,build-asan,--no-suite=unsanitized)

# Stress tests only: ALE, HDF5 and oneDNN know nothing of TSan, and those tests need none of them.
sanitize-thread: build-tsan/build.ninja deps
	$(call run_tests,build-tsan,--suite=stress)

build-fuzz/build.ninja: | deps
	@tools/install-deps --fuzz || [ $$? -eq 3 ]
	CC=clang meson setup build-fuzz --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
	    -Dfuzzing=true

fuzz: build-fuzz/build.ninja deps ## run each libFuzzer target under ASan and UBSan for SECONDS=60: TARGETS="png plot"
	@ninja -C build-fuzz libfuzzers
	@tests/fuzz/run build-fuzz $(SECONDS) $(TARGETS)

faults: build ## make each system call of a short run fail in turn, and resume the run: ARGS="--most=40 --only=fsync"
	@ninja -C build tests/faults/libfaults.so
	@tests/faults/run build/asyncrl build/tests/faults/libfaults.so $(ARGS)

kills: build ## kill 200 actors, and 100 times a whole run, and resume it: ARGS="--actors=20 --everything=10"
	@tests/faults/kill build/asyncrl $(ARGS)

docs: build ## generate docs/options.md from the tables of options
	build/asyncrl man --markdown >docs/options.md

lint: ## formatting, includes, sizes, warnings of gcc and clang, clang-tidy, cppcheck
	@tools/install-deps --dev || [ $$? -eq 3 ]
	@tools/lint

clean: ## remove what was built; deps/ and runs/ stay
	rm -rf build build-* dist
