# Every target prepares .venv by itself; nothing else has to be installed but Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# On Linux the plain torch package brings CUDA, several GB; the CPU build is enough here:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
SYSTEM_PACKAGES := chromium chromium-driver espeak-ng

export HF_HUB_DISABLE_TELEMETRY := 1
export GRADIO_ANALYTICS_ENABLED := False

.PHONY: demo test check bench app screenshots pocket system clean

demo: $(READY)  ## Ask three questions about two pictures
	$(BIN)/sensorium demo

app: $(READY)  ## Open the chat page on http://127.0.0.1:7860
	$(BIN)/sensorium app

test: $(READY) system  ## All tests
	$(BIN)/python -m pytest

check: $(READY) system  ## Lint, format, types, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

bench: $(READY)  ## Measurements; see bench/README.md
	$(BIN)/python bench/pocket.py

screenshots: $(READY) system  ## Take the pictures in docs/ anew
	SENSORIUM_SCREENSHOTS=docs $(BIN)/python -m pytest tests/ui/test_screenshots.py

pocket: $(READY) system  ## Train the pocket model again, from nothing; continues where it stopped
	$(BIN)/sensorium train pocket

$(READY): pyproject.toml constraints.txt
	@echo "Installing into $(VENV), which takes some minutes ..."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) \
		--constraint constraints.txt --editable '.[dev]'
	touch $@

# The page's tests drive a real browser, those of hearing listen to a synthetic voice. Installed
# only where they are absent and we may.
system:
	@if ! { command -v chromedriver && command -v espeak-ng; } >/dev/null \
		&& [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(SYSTEM_PACKAGES) >/dev/null; } \
		|| echo "No browser or no voice could be installed: their tests are skipped."; fi

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
