# `make demo` and `make test` on a fresh clone do all the set-up themselves, in .venv.

SHELL := /bin/sh
PY := .venv/bin/python
# the first of these that really is a Python 3.10 to 3.12 (version managers leave shims that are none)
CANDIDATES := $(PYTHON) python3.12 python3.11 python3.10 python3 python
FITS := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))

.PHONY: setup demo test test-long fuzz bench corrections format doctor clean

demo: setup
	$(PY) -m alvinn demo

test: setup
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest -m "not long" -n 2 --dist loadfile

test-long: setup
	$(PY) -m pytest -m long -rP --hypothesis-profile wander

# coverage-guided garbage for the wire, Linux only; FUZZ_SECONDS says for how long
FUZZ_SECONDS := 300
fuzz: setup
	$(PY) -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	$(PY) -m tests.fuzz -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1000 -timeout=10

bench: setup
	$(PY) -m tests.bench.wire
	$(PY) -m tests.bench.server
	$(PY) -m tests.bench.learning
	$(PY) -m tests.bench.laps
	$(PY) -m tests.bench.recording

# hours: 120 s of plain driving, three rounds, forty unseen laps, five times over; goes on where it was stopped
corrections: setup
	$(PY) -m tests.laps.corrections

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
	@for lib in libX11.so.6:libx11-6:Panda3D libGL.so.1:libgl1:OpenCV; do \
	  file=$${lib%%:*}; rest=$${lib#*:}; \
	  if [ "$$(uname)" = Linux ] && ! $(PY) -c "import ctypes; ctypes.CDLL('$$file')" 2>/dev/null; then \
	    echo "$${rest#*:} needs $$file: on Debian and Ubuntu, apt-get install $${rest%%:*}" >&2; exit 1; fi; done
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

clean:
	rm -rf .venv
