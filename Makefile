# Thin: each target is a line or two around the `theorycheck` command; `make help` lists them.
# Options go through ARGS, e.g. `make reproduce ARGS="--jobs 1"`.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# The names of a target's claims, which it cannot do without.
need = $(if $($(1)),,$(error $@ needs $(1), e.g. make $@ $(2)))

.DEFAULT_GOAL := help
.PHONY: help setup reproduce test book status sweep new accept faults seeds matrix bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(READY) ## make .venv and install what requirements.txt pins

# The mark is made last, so an installation that was interrupted is done again.
$(READY): requirements.txt lib/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("CPython 3.11 or newer is needed: make setup PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

reproduce: setup ## run every notebook that has changed, print the table of verdicts, write the book
	@$(BIN)/theorycheck run $(ARGS); status=$$?; [ $$status -le 1 ] || exit $$status; \
	$(BIN)/theorycheck status && $(BIN)/theorycheck book && exit $$status

test: setup ## lint, unit tests, then every notebook against its stored outputs
	$(BIN)/ruff check --quiet --config lib/pyproject.toml .
	$(BIN)/ruff format --quiet --check --config lib/pyproject.toml .
	$(BIN)/python -m pytest lib/tests
	$(BIN)/theorycheck check

book: setup ## write the book of the accepted notebooks to build/book
	$(BIN)/theorycheck book

status: setup ## print the table of claims and their states
	@$(BIN)/theorycheck status

sweep: setup ## run a claim over a grid: SLUG=... GRID="width=64,128 seed=0:10"
	$(call need,SLUG,SLUG=a-claim GRID="seed=0:10")$(call need,GRID,SLUG=a-claim GRID="seed=0:10")
	$(BIN)/theorycheck sweep $(SLUG) $(GRID) $(ARGS)

new: setup ## write the skeleton of a claim: FIELD=... SLUG=...
	$(call need,FIELD,FIELD=a_field SLUG=a-claim)$(call need,SLUG,FIELD=a_field SLUG=a-claim)
	$(BIN)/theorycheck new $(FIELD) $(SLUG)

accept: setup ## store the outputs of claims, list them in README.md: SLUG="one another"
	$(call need,SLUG,SLUG="a-claim another-claim")
	$(BIN)/theorycheck accept $(SLUG) $(ARGS) && $(BIN)/theorycheck readme

faults: setup ## apply wrong edits of formulas, one by one: which check catches each? NAMES="theory/kernels"
	$(BIN)/theorycheck faults $(NAMES) $(ARGS)

seeds: setup ## run every notebook under 20 other seeds: how many verdicts change?
	$(BIN)/theorycheck seeds $(ARGS)

matrix: setup ## compare all outputs under other BLAS kernels, thread counts and versions
	$(BIN)/theorycheck matrix $(ARGS)

bench: setup ## time a batch, its overhead, a run that has nothing to do, and nbval, against plain papermill
	$(BIN)/theorycheck bench $(ARGS)

clean: ## remove everything generated but .venv
	rm -rf build .ruff_cache lib/.pytest_cache lib/.hypothesis .pytest_cache .hypothesis
