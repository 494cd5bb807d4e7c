# `make demo` and `make test` on a fresh clone do all the set-up themselves, in .venv.

SHELL := /bin/sh
PY := .venv/bin/python
# errors only: what pip warns of, such as places in its own settings, is seldom ours to mend
PIP := $(PY) -m pip install -qq --disable-pip-version-check
# the first of these that really is a Python 3.10 to 3.12 (version managers leave shims that are none)
CANDIDATES := $(PYTHON) python3.12 python3.11 python3.10 python3 python
FITS := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))

# a virtual environment for each supported Python, for test-all and lock
VERSIONS := 3.10 3.11 3.12

# compiled once, not anew by each of the hundred programs that the tests start
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test test-long test-all test-install fuzz mutants bench peers corrections hands interop interop-opendrive interop-lerobot interop-donkeycar lock format doctor clean

demo: setup
	$(PY) -m alvinn demo

# three at a time on two cores: a quarter of the tests' time is spent waiting for windows and clocks
test: setup
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# the tests on every supported Python
test-all: $(VERSIONS:%=test-%)

test-3.%: .venv-3.%/ready
	.venv-3.$*/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# the full install into an empty environment, from another folder
test-install: setup
	$(PY) -m pytest -m install --timeout 3600 --durations=0 tests/test_install.py

test-long: setup
	$(PY) -m pytest -m "long and not install" --timeout 3600 -rP --hypothesis-profile wander

# coverage-guided garbage for the wire, Linux only; FUZZ_SECONDS says for how long
FUZZ_SECONDS := 300
fuzz: setup
	$(PIP) atheris==3.0.0
	$(PY) -m tests.fuzz -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1000 -timeout=10

# would the tests notice a fault? a sample of one-place changes in the core; under an hour, resumes where it stopped
mutants: setup
	$(PIP) cosmic-ray==8.7.0
	$(PY) -m tests.mutants

# files of ours in the genuine programs, each in an environment of its own
interop: interop-opendrive interop-lerobot interop-donkeycar

interop-opendrive: setup .venv-opendrive/ready
	$(PY) -m tests.interop.try_opendrive .venv-opendrive/bin/python

interop-lerobot: setup .venv-lerobot/ready
	$(PY) -m tests.interop.try_lerobot .venv-lerobot/bin/python

.venv-lerobot/ready: .venv-3.12/bin/python
	.venv-3.12/bin/python -m venv .venv-lerobot
	.venv-lerobot/bin/python -m pip install -qq --disable-pip-version-check "lerobot[dataset,training]==0.6.1"
	@touch $@

interop-donkeycar: setup .venv-donkeycar/ready
	$(PY) -m tests.interop.try_donkeycar .venv-donkeycar/bin/python

.venv-donkeycar/ready: .venv-3.12/bin/python
	.venv-3.12/bin/python -m venv .venv-donkeycar
	.venv-donkeycar/bin/python -m pip install -qq --disable-pip-version-check "donkeycar[pc]==5.4.0"
	@touch $@

.venv-opendrive/ready: .venv-3.11/bin/python
	.venv-3.11/bin/python -m venv .venv-opendrive
	.venv-opendrive/bin/python -m pip install -qq --disable-pip-version-check asam-qc-opendrive==1.0.0
	@touch $@

# about a quarter of an hour on a quiet machine: prints a table beside the peers', writes bench.json
bench: setup
	$(PY) -m tests.bench
	$(PY) -m tests.bench.display
	$(PY) -m tests.bench.classroom
	$(PY) -m tests.bench.cockpit

models/two-minutes/card.json:
	$(PY) -m alvinn record two-minutes --seconds 120 --noise --both-directions --headless \
		--weathers ClearNoon,WetCloudyNoon,CloudySunset,ClearNight
	$(PY) -m alvinn train two-minutes --data two-minutes

# the field's own learners on our Gymnasium environment, each library in an environment of its own (PyTorch's CPU build),
# and our clone before the same judge
peers: .venv-peers/sb3/ready .venv-peers/imitation/ready models/two-minutes/card.json
	.venv-peers/sb3/bin/python -m tests.bench.gym
	.venv-peers/sb3/bin/python -m tests.peers.ppo
	.venv-peers/sb3/bin/python -m tests.peers.ppo_residual --model two-minutes
	.venv-peers/imitation/bin/python -m tests.peers.dagger
	$(PY) -m tests.peers.judge --labels 2400

.venv-peers/sb3/ready: NEEDS := stable-baselines3==2.9.2 gymnasium[box2d]==1.4.0
.venv-peers/imitation/ready: NEEDS := imitation==1.0.1 stable-baselines3==2.2.1 gymnasium==0.29.1
.venv-peers/%/ready: pyproject.toml | setup
	$(PY) -m venv .venv-peers/$*
	.venv-peers/$*/bin/python -m pip install -qq --disable-pip-version-check torch==2.13.0
	.venv-peers/$*/bin/python -m pip install -qq --disable-pip-version-check ".[gym]" $(NEEDS)
	@touch $@

# hours: 120 s of plain driving, three rounds, forty unseen laps, five times over; goes on where it was stopped
corrections: setup
	$(PY) -m alvinn accept

# hours: a bot at the keys of the real window teaches and corrects; needs Xvfb and xdotool, goes on where it was stopped
hands: setup
	$(PY) -m tests.laps.hands

# requirements.txt anew from pyproject.toml; needs the three Pythons
lock: setup $(VERSIONS:%=.venv-%/bin/python)
	$(PY) -m tests.lock $(VERSIONS:%=.venv-%/bin/python)

format: setup
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

doctor: setup
	$(PY) -m alvinn doctor

setup: .venv/ready

.venv/ready: requirements.txt
	@found=; for p in $(CANDIDATES); do \
	  if $$p -c "$(FITS)" >/dev/null 2>&1; then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "alvinn needs Python 3.10, 3.11 or 3.12 with venv, which CARLA's client supports; none was found." \
	    "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python" >&2; \
	  exit 1; fi; \
	echo "setting up .venv with $$($$found --version)"; \
	$$found -m venv .venv
	@$(PY) alvinn/util/system_libraries.py
	$(PIP) -r requirements.txt
	@touch $@

.venv-%/bin/python:
	@found=; for p in python$* $$HOME/.pyenv/versions/$*.*/bin/python; do \
	  if $$p -c "import venv, ensurepip" >/dev/null 2>&1; then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then echo "no Python $* with venv was found" >&2; exit 1; fi; \
	$$found -m venv .venv-$*

.venv-%/ready: requirements.txt .venv-%/bin/python
	.venv-$*/bin/python -m pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $@

clean:
	rm -rf .venv $(VERSIONS:%=.venv-%)
