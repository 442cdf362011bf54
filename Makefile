# The one entry point: everything that a person or CI does with this project. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
READY_DEV := $(VENV)/ready-dev
READY_TEST := $(VENV)/ready-test
LANGUAGES := zh_Hans_CN
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard kiosk/locale/*/LC_MESSAGES/messages.po))

# Debian packages: what the kiosk needs, what its Raspberry Pi parts need, what the tests and their guest need besides.
PACKAGES := libzbar0 fonts-droid-fallback
PI_PACKAGES := python3-lgpio
GUEST_PACKAGES := linux-source mmdebstrap gcc libc6-dev libelf-dev bc bison flex kmod e2fsprogs xz-utils
TEST_PACKAGES := chromium espeak-ng fuse3 systemd umockdev
ON_PI := $(shell grep -aqs 'Raspberry Pi' /proc/device-tree/model && echo yes)

# On a Pi the drivers from apt belong to the system's own Python; elsewhere the first that is new enough will do.
PYTHON ?= $(if $(ON_PI),/usr/bin/python3,$(shell for python in python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	then echo $$python; break; fi; done))

# An environment that was made elsewhere (the folder was moved or copied), or whose Python is gone, is made anew.
ifneq ($(shell [ -x $(BIN)/python ] && cat $(READY) 2>/dev/null),$(CURDIR))
$(READY): moved
endif

PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED := --require-hashes --no-deps --only-binary :all:

# $(call apt,PACKAGES): installs those that are missing; asks apt only when one is.
define apt
installed=" $$(dpkg-query -Wf '$${db:Status-Status} $${Package} $${Provides}\n' 2>/dev/null \
	| sed -n 's/^installed//p' | tr ',\n' '  ') "
missing=""
for package in $(1); do [[ $$installed == *" $$package "* ]] || missing+=" $$package"; done
if [[ -n $$missing && "$(APT)" != no ]]; then
	command -v apt-get >/dev/null || { echo "make: this system has no apt-get; install what Debian calls$$missing," \
		"then say make APT=no" >&2; exit 1; }
	sudo=""
	if (( EUID != 0 )); then
		command -v sudo >/dev/null || { echo "make: missing:$$missing; install them as root, then say make again" >&2; exit 1; }
		sudo=sudo
	fi
	echo "Installing with apt:$$missing"
	$$sudo apt-get update -qq
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null
fi
endef

.PHONY: help setup packages run test browsertest powertest test-devices lint bench fuzz mutated powercut lock docs catalogues moments screenshots install format clean moved

help:  ## list what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(CATALOGUES)  ## everything the kiosk needs: system packages, environment, catalogues
	@echo "Ready: $(BIN)/kiosk"

run: $(READY) $(CATALOGUES)  ## start the kiosk; more options: make run ARGS="--port 9000 --camera stills:PATH"
	@$(BIN)/kiosk run $(ARGS)

test: $(READY_TEST) $(CATALOGUES)  ## all tests that need neither browser nor guest; some: make test ARGS="tests/core -k fever"
	@$(BIN)/python -m pytest --ignore=tests/power --ignore=tests/devices --ignore=tests/browser $(ARGS)

browsertest: $(READY_TEST) $(CATALOGUES)  ## the pages in a real Chromium, and the moments of a day on the running kiosk
	@$(BIN)/python -m pytest tests/browser $(ARGS)

powertest: $(READY_TEST) $(CATALOGUES)  ## a hundred power cuts and every fault of a disk, in a few minutes
	@$(BIN)/python -m pytest tests/power $(ARGS)

test-devices: $(READY_DEV) $(CATALOGUES)  ## the drivers on a kernel's devices and the services under systemd, in a guest
	@$(call apt,$(GUEST_PACKAGES))
	$(BIN)/python -m tests.devices.guest $(ARGS)

lint: $(READY_DEV)  ## style, types, and who may import whom
	@failed=""
	for tool in "ruff check" "ruff format --check" mypy "lint-imports --no-logo"; do
		$(BIN)/$$tool || failed+=" [$$tool]"
	done
	if [[ -n $$failed ]]; then echo "make lint: not in order:$$failed" >&2; exit 1; fi

bench: $(READY_TEST) $(CATALOGUES) $(VENV)/peers $(VENV)/peers/drivers  ## print the figures; some of them: make bench ARGS="scanning latency"
	@$(BIN)/python -m tests.bench $(ARGS)

mutated: $(READY_TEST)  ## 200,000 spoilt pictures through the scanner; fewer: make mutated ARGS="--count 1000"
	@$(BIN)/python -m tests.bench.stream_mutated $(ARGS)

powercut: $(READY_TEST) $(CATALOGUES)  ## cut the power a thousand times; others: make powercut ARGS="--cuts 100 --seed 5"
	@$(BIN)/python -m tests.support.power $(ARGS)

# Tools that few need and that no lock holds lie beside the environment, so that they change nothing in it.
FUZZER := atheris==3.0.0
PEERS := base45==0.4.4 cwt==3.3.0 pycose==1.1.0 panzi-json-logic==1.0.1
PEER_DRIVERS := adafruit-circuitpython-mlx90614==1.2.25 adafruit-circuitpython-busdevice==5.2.17 PyMLX90614==0.0.4
FUZZ_RUNS ?= 10000

$(VENV)/fuzz: | $(READY_DEV)
	@echo "Installing the fuzzer"
	$(PIP) install --no-deps --only-binary :all: --target $@ $(FUZZER)

$(VENV)/peers: | $(READY_DEV)
	@echo "Installing what make bench compares with"
	$(PIP) -q install --only-binary :all: --target $@ $(PEERS) || echo "make: not installed: $(PEERS); their figures will be missing" >&2

# Without what they depend on: drivers of many boards, none of which is here.
$(VENV)/peers/drivers: | $(VENV)/peers
	@mkdir -p $(VENV)/peers
	$(PIP) -q install --no-deps --only-binary :all: --target $(VENV)/peers $(PEER_DRIVERS) \
		|| echo "make: not installed: $(PEER_DRIVERS); their figures will be missing" >&2
	touch $@

fuzz: $(READY_DEV) $(VENV)/fuzz  ## look for input that breaks a reader: make fuzz FUZZ_RUNS=1000000 ARGS="formats/eu_dcc"
	@PYTHONPATH=$(VENV)/fuzz $(BIN)/python -m tests.support.fuzzing --runs $(FUZZ_RUNS) $(ARGS)

format: $(READY_DEV)  ## let ruff put the code in order
	@$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

docs: $(READY_DEV)  ## write the references that are made from the code
	@export LC_ALL=C.UTF-8
	write() { "$${@:2}" > "$(VENV)/page"; mv "$(VENV)/page" "docs/$$1"; }  # whole or not at all
	write settings.md $(BIN)/kiosk settings
	write rules.md $(BIN)/kiosk settings --rules
	write cli.md $(BIN)/python -m tests.support.cli_reference
	write faults.md $(BIN)/python -m tests.support.fault_table
	write wiring.svg $(BIN)/kiosk wiring --state . --lamp leds:green=17,amber=27,red=22,buzzer=18 \
		--buttons gpio:pass=5,deny=6,again=13,call=19,evacuate=26

catalogues: $(READY_DEV)  ## find new texts, bring them into the catalogues, compile them
	@$(BIN)/pybabel -q extract -F pyproject.toml -k says:1 --add-location file --sort-by-file --project checkpoint-kiosk \
		--version 0 --copyright-holder "the checkpoint-kiosk contributors" -o kiosk/locale/messages.pot .
	for language in $(LANGUAGES); do
		verb=update options="--no-fuzzy-matching --ignore-pot-creation-date"
		[[ -f kiosk/locale/$$language/LC_MESSAGES/messages.po ]] || verb=init options=""
		$(BIN)/pybabel -q $$verb $$options -i kiosk/locale/messages.pot -d kiosk/locale -l $$language
	done
	$(BIN)/pybabel -q compile -d kiosk/locale

moments: $(READY_TEST) $(CATALOGUES)  ## the moments of a day in a browser, in both languages at every size
	@KIOSK_EVERYWHERE=yes $(BIN)/python -m pytest tests/browser/test_moments.py $(ARGS)

PICTURES ?= docs/pictures
screenshots: $(READY_TEST) $(CATALOGUES)  ## take the pictures of docs/pictures with a real browser
	@KIOSK_PICTURES=$(PICTURES) $(BIN)/python -m pytest tests/browser/test_pictures.py $(ARGS)

packages:  ## only the system packages that are missing
	@$(call apt,$(PACKAGES) $(if $(ON_PI),$(PI_PACKAGES)))

install:  ## install as services that start with the machine; say sudo make install
	@systemd/install.sh

lock: $(READY_DEV)  ## choose versions anew: requirements*.lock from pyproject.toml
	@compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url"
	$$compile pyproject.toml -o requirements.lock $(ARGS)
	$$compile pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock $(ARGS)

clean:  ## remove what setup made; databases in var/ stay
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find kiosk -name '*.mo' -delete

$(READY): requirements.lock pyproject.toml
	@rm -f $@ $(READY_DEV) $(READY_TEST)
	if [[ -z "$(PYTHON)" ]]; then echo "make: Python 3.11, 3.12 or 3.13 is needed: apt install python3" >&2; exit 1; fi
	venv=$$($(PYTHON) -c 'import ensurepip' 2>/dev/null || $(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
	$(call apt,$$venv $(PACKAGES) $(if $(ON_PI),$(PI_PACKAGES)))
	if ! grep -qsF "$(CURDIR)/$(BIN)/" $(BIN)/pip || ! $(BIN)/pip --version >/dev/null 2>&1; then
		echo "Making the environment in $(VENV)"
		rm -rf $(VENV)
		$(PYTHON) -m venv $(if $(ON_PI),--system-site-packages) $(VENV)
	fi
	echo "Installing the locked dependencies"
	$(PIP) install $(LOCKED) -r requirements.lock
	$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	echo $(CURDIR) > $@

$(READY_DEV): $(READY) requirements-dev.lock
	@echo "Installing the locked tools of the tests"
	$(PIP) install $(LOCKED) -r requirements-dev.lock
	touch $@

$(READY_TEST): $(READY_DEV)
	@$(call apt,$(TEST_PACKAGES))
	touch $@

%.mo: %.po | $(READY)
	@$(BIN)/pybabel --quiet compile -i $< -o $@
