"""Shared by the tests: the two command lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = [str(Path(sys.executable).with_name("esp-nvs-image"))]
PEER = [sys.executable, "-m", "esp_idf_nvs_partition_gen"]
# A log of counts and times, printed at the end.
REPORT = []


def run(program, *arguments, cwd):
    """Runs a command line and returns the result."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run([*program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def report():
    return REPORT.append


def pytest_terminal_summary(terminalreporter):
    for line in REPORT:
        terminalreporter.write_line(line)
