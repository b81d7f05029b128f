# Two commands: `make demo` and `make test`. Both bring what they need into .venv and ask nothing.
#
#   make demo    the main job on real reference data, then http://127.0.0.1:8000   (DATA=folder, ARGS="--port 9000")
#   make test    every check and test but the long suites
#   make check   style, types, floors: no database, no browser
#   make faults  the long suites: kill -9 by the dozen, thousands of requests
#   make bench   the published figures, each beside its limit
#   make clean   removes .venv and caches; never a data folder

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The quickest Python that can make a virtual environment: one built without optimization takes twice as long for a bill.
PACE = import sys, time, importlib.util; assert sys.version_info >= (3, 11); \
	pace = lambda started: ([str(n) + "x" for n in range(100000)], time.process_time() - started)[1]; \
	bare = 1000 * (importlib.util.find_spec("ensurepip") is None); \
	print(bare + min(pace(time.process_time()) for _ in range(5)), sys.executable)
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(PACE)' 2>/dev/null; done | sort -g | head -n 1 | cut -d " " -f 2-)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
WORKERS ?= 2

.PHONY: help demo test check judges faults bench clean

help:
	@sed -n 's/^#   //p' Makefile

# An account other than root runs the database; where it cannot reach ./data, `place` names a folder it can.
demo: .venv/run.stamp
	@data="$(DATA)"; data="$${data:-$$($(BIN)/python -m piaoju.ops.engine.place data)}"; \
	exec $(BIN)/piaoju demo --data "$$data" $(ARGS)

test: check judges
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy piaoju tests
	$(BIN)/lint-imports

# Chromium, poppler, openssl, a CJK font, ofd.js: brought where we may, named where we may not.
judges: .venv/dev.stamp
	$(BIN)/python -m tests.judges

faults: judges
	$(BIN)/python -m pytest -m slow $(ARGS)

bench: .venv/run.stamp
	$(BIN)/piaoju bench $(ARGS)

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info

.venv/venv.stamp:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本：请安装后重试（Debian/Ubuntu：apt install python3 python3-venv）。" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv || \
			{ apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv; } && \
			$(PYTHON) -m venv .venv; \
		else echo "这个 Python 不能建立虚拟环境：请安装 python3-venv 后重试。" >&2; exit 1; fi; }
	@touch $@

# Wheels only, each by its hash; then this folder itself, without asking any registry.
.venv/run.stamp: .venv/venv.stamp requirements/run.txt pyproject.toml
	@echo "正在安装依赖（requirements/run.txt）……"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt
	@echo "正在安装测试依赖（requirements/dev.txt）……"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@
