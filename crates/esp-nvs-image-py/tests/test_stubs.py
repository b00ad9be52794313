"""The stubs match the module, and a typed program passes."""

import subprocess
import sys

PROGRAM = """
import esp_nvs_image as nvs

image: bytes = nvs.encode([("ns", "k", "u32", 7), nvs.Entry("ns", "t", "string", "x")], 0x3000)
value: int | float | str | bytes | None = nvs.get_value(image, "ns", "k")
with_default: int | float | str | bytes | list[str] = nvs.get_value(image, "ns", "k", ["none"])
entries: list[nvs.Entry] = nvs.decode(image, keys=nvs.Keys.generate())
code: nvs.SetupPayload | nvs.ManualPayload = nvs.parse_code("3497-011-2332")
bulk: list[bytes] = nvs.verifiers(((20202021, b"s" * 16) for _ in range(3)), 1000)
report: nvs.AuditReport = nvs.audit_paths(["out"], recompute="none")
texts: list[str] = [finding.text for device in report.devices for finding in device.findings]
"""
WRONG = """
import esp_nvs_image as nvs

nvs.encode("text", 0x3000)
nvs.audit_paths(["out"], recompute="some")
nvs.decode("text")
nvs.Entry("ns", "k", "u9", 1)
nvs.verifier("20202021", b"", 1000)
"""


def mypy(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)


def test_stubs_are_those_of_the_module(tmp_path):
    done = mypy("mypy.stubtest", "esp_nvs_image", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_typed_program_passes_and_a_wrong_one_does_not(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(WRONG)
    done = mypy("mypy", "--strict", "program.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    done = mypy("mypy", "--strict", "wrong.py", cwd=tmp_path)
    assert "Found 5 errors" in done.stdout, done.stdout
