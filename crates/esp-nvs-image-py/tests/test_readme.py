"""The README's examples run."""

import re
import shlex
import sys
from pathlib import Path

from conftest import OURS, run

import esp_nvs_image

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CSV = "key,type,encoding,value\nchip-factory,namespace,,\nserial-num,data,string,SN-0001\n"


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_example_of_the_module_runs():
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})


def test_examples_of_the_command_run(tmp_path):
    (tmp_path / "factory.csv").write_text(CSV)
    lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    ran = 0
    for line in lines:
        program, *arguments = shlex.split(line)
        if program == "pip":
            continue
        done = run({"esp-nvs-image": OURS, "python": [sys.executable]}[program], *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        ran += 1
    assert ran >= 7
    assert (tmp_path / "keys/factory_keys.bin").stat().st_mode & 0o777 == 0o600


def test_table_lists_the_module():
    table = re.search(r"^\| function or class .*?\n\n", README, flags=re.MULTILINE | re.DOTALL).group()
    assert [name for name in esp_nvs_image.__all__ if name not in table and name not in ("Entry", "ManualPayload")] == []
