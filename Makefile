# Subrosa. `make run` opens the window, `make test` passes the tests; both set up the machine first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

.PHONY: help setup build run test bench check clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

setup: ## install and build what the project needs on this machine
	@build/setup.sh

build: setup ## subrosa, subrosa-engine, subrosactl and subrosa-verify in build/bin (VARIANT=vulkan or cuda: for a GPU)
	@build/build.sh

run: build ## open the window; without a display, the same chat in the terminal
	@build/run.sh

test: build ## every test, on the real parts
	@build/test.sh

bench: build ## measure, and print the ratios
	@build/bench.sh

check: setup ## format, lint, vet
	@build/check.sh

clean: ## remove what was built here
	rm -rf build/bin build/out build/.stamps build/native/lib* build/native/sqlite build/native/node_modules build/native/*/node_modules frontend/node_modules
	find frontend/dist -mindepth 1 ! -name .gitkeep -delete
