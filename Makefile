# report-qa: `make help` lists what can be made.
#
# Variables, given as in `make run PORT=8600`:
#   PYTHON       the interpreter that makes .venv, Python 3.11 or newer       (python3)
#   PORT         where the page is served                                     (8501)
#   TORTURE_ARGS more arguments for the long crash tests, as in TORTURE_ARGS="kill --sizes small"
#   PYTEST_ARGS  more arguments for pytest, as in PYTEST_ARGS="-m 'not slow'"
#   RIVALS_ARGS  more arguments for the comparison with other tools, as in RIVALS_ARGS="--repeat 3"
#   TORCH_ARGS   more arguments for the installation of torch alone. On Linux the usual build of
#                torch brings several gigabytes for NVIDIA cards, which nothing here uses; to take
#                the build for processors instead, give the index that torch's own installation
#                page names for "CPU": make install TORCH_ARGS="--extra-index-url <that address>"
#
# REPORT_QA_LIBRARY and REPORT_QA_INDEX in the environment name other folders than data/reports
# and data/index; REPORT_QA_CHROMIUM names the browser that the tests drive.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8501
PYTEST_ARGS ?=
TORTURE_ARGS ?=
RIVALS_ARGS ?=
TORCH_ARGS ?=

# What `make train-evidence` learns from: see qa/training/MODEL_CARD.md.
MATERIAL ?= ../shared/training
REPORTS ?= ../shared/corpus/reports
SQUAD ?= ../shared/corpus/squad2-dev.json
FENMARSH ?= ../shared/reports

AXE := 4.14.1

PY := .venv/bin/python
FOLDERS := $${REPORT_QA_LIBRARY:+--library "$$REPORT_QA_LIBRARY"} $${REPORT_QA_INDEX:+--index "$$REPORT_QA_INDEX"}

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help train-evidence install install-test install-digest install-train install-team install-cluster browser ocr axe run index test torture lint digest bench bench-rivals clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

# $(call sync,STAMP,WHAT) installs WHAT unless the file .venv/STAMP says that it was installed from
# just these two files into just this folder. The stamp goes first and comes back last, so that an
# installation broken off halfway is done again.
define sync
@key="$$(cat pyproject.toml constraints.txt | cksum) $$(pwd -P)"; \
if [ -x $(PY) ] && [ "$$(cat .venv/$(1) 2>/dev/null)" = "$$key" ]; then exit 0; fi; \
set -e; \
if ! $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	if ! "$(PYTHON)" -c '' >/dev/null 2>&1; then \
		echo "There is no '$(PYTHON)' here: report-qa needs Python 3.11 or newer. Install it, or name it: make install PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "'$(PYTHON)' is $$("$(PYTHON)" -V 2>&1), and report-qa needs 3.11 or newer. Install a newer one and name it: make install PYTHON=python3.11" >&2; exit 1; \
	fi; \
	echo "Making .venv with $$("$(PYTHON)" -V 2>&1)"; \
	"$(PYTHON)" -m venv --clear .venv || { \
		echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu the package python3-venv has what is missing: apt-get install python3-venv" >&2; exit 1; \
	}; \
fi; \
rm -f .venv/$(1); \
echo "Installing torch, the largest part"; \
$(PY) -m pip install -c constraints.txt $(TORCH_ARGS) torch; \
echo "Installing $(2) and all that it needs, a minute or two the first time"; \
$(PY) -m pip install -q -c constraints.txt -e '$(2)'; \
printf '%s\n' "$$key" > .venv/$(1)
endef

install: ## make .venv and install; quick when nothing changed
	$(call sync,installed,.)

install-test: install
	$(call sync,installed-test,.[test])

install-digest: install
	$(call sync,installed-digest,.[digest])

install-train: install
	$(call sync,installed-train,.[train])

install-team: install ## add what sign-in through OpenID Connect needs
	$(call sync,installed-team,.[team])

install-cluster: install ## add what a Milvus server and a Dask cluster need
	$(call sync,installed-cluster,.[cluster])

run: install ocr ## build the index if it is stale and serve the page on http://localhost:8501
	@status=0; $(PY) -m indexer build $(FOLDERS) || status=$$?; \
	case $$status in \
		0) ;; \
		3) echo "The reports named above were refused; the others can be asked." >&2 ;; \
		1) echo "The index could not be built, for the reason above; the page opens with the one in service." >&2 ;; \
		*) exit $$status ;; \
	esac
	@echo "The page is on http://localhost:$(PORT); Ctrl-C ends it."
	@exec $(PY) -m streamlit run app.py --server.port $(PORT)

index: install ocr ## build the index if it is stale
	@$(PY) -m indexer build $(FOLDERS)

browser:
	@for name in "$$REPORT_QA_CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do \
		if [ -n "$$name" ] && command -v "$$name" >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Chromium for the browser tests"; \
		export DEBIAN_FRONTEND=noninteractive; \
		if apt-get -q -o DPkg::Lock::Timeout=120 update && apt-get -q -y -o DPkg::Lock::Timeout=120 \
			install --no-install-recommends chromium fonts-dejavu-core fonts-liberation </dev/null \
			&& command -v chromium >/dev/null 2>&1; then exit 0; fi; \
	fi; \
	echo "There is no Chromium here, so the browser tests will be skipped. To run them, install it (on Debian, as root: apt-get install chromium) or name one: REPORT_QA_CHROMIUM=/path/to/chromium make test" >&2

ocr:
	@if command -v tesseract >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing tesseract, which reads pages that are pictures"; \
		export DEBIAN_FRONTEND=noninteractive; \
		if apt-get -q -o DPkg::Lock::Timeout=120 update && apt-get -q -y -o DPkg::Lock::Timeout=120 \
			install --no-install-recommends tesseract-ocr </dev/null \
			&& command -v tesseract >/dev/null 2>&1; then exit 0; fi; \
	fi; \
	echo "There is no tesseract here, so pages that are pictures will be left out. To read them, install it (on Debian, as root: apt-get install tesseract-ocr)" >&2

axe: install-test
	@if [ -f .venv/axe-core/axe.min.js ]; then exit 0; fi; \
	if ! command -v npm >/dev/null 2>&1; then \
		echo "There is no npm here, so axe-core cannot be fetched and the accessibility tests will be skipped." >&2; exit 0; \
	fi; \
	folder="$$(mktemp -d)"; \
	if (cd "$$folder" && npm pack axe-core@$(AXE) --silent >/dev/null && tar xzf axe-core-$(AXE).tgz) \
		&& mkdir -p .venv/axe-core && cp "$$folder/package/axe.min.js" .venv/axe-core/; then :; else \
		echo "axe-core could not be fetched, so the accessibility tests will be skipped." >&2; \
	fi; \
	rm -rf "$$folder"

test: install-test browser ocr axe ## run every test, the browser included; says which were skipped and why
	HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false $(PY) -m pytest \
		-n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

torture: install-test ## kill builds, fail the disk and damage files by the thousand; goes on where it was
	$(PY) -m tests.crash.torture $(TORTURE_ARGS)
	$(PY) -m tests.crash.readers
	$(PY) -m tests.crash.hostile

lint: install-test ## check style and types
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy --strict indexer qa

digest: install-digest ## make the shipped digest again from its source
	$(PY) data/sources/make_digest.py

train-evidence: install-train ## train the reader and fit the weights; an hour or two, and goes on where it was
	$(PY) -m qa.training reader --material "$(MATERIAL)" --reports "$(REPORTS)" --squad "$(SQUAD)" --fenmarsh "$(FENMARSH)"
	$(PY) -m qa.training weights --material "$(MATERIAL)" --reports "$(REPORTS)" --squad "$(SQUAD)" --fenmarsh "$(FENMARSH)"

bench: install ## make the figures that the README quotes again
	@if [ -f benchmarks/run.py ]; then exec $(PY) benchmarks/run.py; else echo "There are no benchmarks here yet." >&2; fi

# Any other reports and questions: make bench-rivals RIVALS_ARGS="--set REPORT.pdf GOLD.jsonl"
bench-rivals: install ## install other tools, put the same questions to them, write benchmarks/rivals.md
	$(PY) -m benchmarks.rivals all $(RIVALS_ARGS)

clean: ## remove .venv, the index and what tools left behind
	rm -rf .venv .venv-rivals data/index data/index-quality build dist report_qa.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name .venv -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
