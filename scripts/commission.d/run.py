"""Makes the devices, audits them, and commissions them with both controllers; called by scripts/commission.

usage: run.py WORK BINARIES NODE MODULES CD_SIGNER [short]; WORK is an empty folder.
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import devices
import faults
import line
from bundle import bundle

HERE = pathlib.Path(__file__).parent
WORK, BINARIES, NODE, MODULES, CD_SIGNER = map(pathlib.Path, sys.argv[1:6])
SHORT = sys.argv[6:] == ["short"]
CONTROLLERS = ["sdk", "matter.js"]
NAMESPACES = os.environ["COMMISSION_NAMESPACES"] == "1"
# A case uses less than one core; without a network of its own only one can run at a time.
AT_ONCE = os.cpu_count() + 1 if NAMESPACES else 1


def audit(device):
    """{check: the code of this build of the SDK, or None} of the errors of a device for tests."""
    # The controller's build has BoringSSL; its code is separate where it differs from OpenSSL's.
    code = lambda finding: finding.get("boringssl_code", finding.get("sdk_code"))
    command = [BINARIES / "audit-device", device.folder, "--paa", device.paa, "--test", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert len(report["devices"]) == 1
    found = [*report["devices"][0]["findings"], *report["batch"]]
    return {finding["id"]: code(finding) for finding in found if finding["severity"] == "error"}


def openssl(certificate, to):
    subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "der", "-out", to], check=True)


def commission(device, controller):
    """A controller's result: {"commissioned", "reason", "basic"}. The device gets its bundle, the controller the code."""
    work = WORK / "cases" / f"{device.name}-{controller}"
    known, paas = WORK / "bundles" / device.name, WORK / "paas" / device.name
    work.mkdir(parents=True)
    code = (known / f"{device.code}.txt").read_text()
    if controller == "sdk":
        command = [sys.executable, HERE / "controller_sdk.py", code, paas, work]
    else:
        script = MODULES / "controller_matterjs.mjs"
        command = [NODE, script, code, paas / "paa.der", WORK / "signer.der", work / "controller"]
    script = [HERE / "pair", work, NODE, MODULES / "device.mjs", known, work / "device", "--", *command]
    if NAMESPACES:
        script.insert(0, HERE / "sandbox")
    done = subprocess.run(list(map(str, script)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    (work / "controller.out").write_text(done.stdout + done.stderr)
    answers = [line for line in done.stdout.splitlines() if line.startswith('{"commissioned"')]
    if len(answers) != 1:
        return {"commissioned": False, "reason": f"no answer, see {work}", "basic": {}}
    return json.loads(answers[0])


def main():
    began = time.monotonic()
    maker = devices.Maker(BINARIES, WORK)
    good = [*devices.option_sets(maker), line.device(maker, "written-by-the-line")]
    bad = faults.faults(maker)
    if only := os.environ.get("COMMISSION_ONLY"):
        good = [device for device in good if device.name in only.split()]
        bad = [fault for fault in bad if fault.device.name in only.split()]
    everything = [*good, *(fault.device for fault in bad)]
    for device in everything:
        bundle(device.folder, WORK / "bundles" / device.name)
        (WORK / "paas" / device.name).mkdir(parents=True)
        openssl(device.paa, WORK / "paas" / device.name / "paa.der")
    openssl(CD_SIGNER, WORK / "signer.der")
    print(f"commission: {len(everything)} devices made in {time.monotonic() - began:.0f} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        named = dict(zip((d.name for d in everything), pool.map(audit, everything)))
        cases = [(device, controller) for device in everything for controller in CONTROLLERS]
        if SHORT:
            coded = {fault.device.name for fault in bad if fault.refusals[0].startswith("attestation")}
            # Two devices each, since every other code is a QR code.
            turns = itertools.cycle(["sdk", "sdk", "matter.js", "matter.js"])
            first = {device.name: "sdk" if device.name in coded else next(turns) for device in everything}
            cases = [(device, controller) for device, controller in cases if first[device.name] == controller]
        answers = pool.map(lambda case: commission(*case), cases)
        said = {(device.name, controller): answer for (device, controller), answer in zip(cases, answers)}

    wrong = []
    print(f"{'device':24} {'code':6} {'audit':44} " + " ".join(f"{name:40}" for name in CONTROLLERS))
    for device in everything:
        cells, checks = [], named[device.name]
        fault = next((fault for fault in bad if fault.device is device), None)
        if fault and fault.check not in checks:
            wrong.append(f"{device.name}: the audit found {checks}, not {fault.check}")
        if not fault and checks:
            wrong.append(f"{device.name}: the audit found {checks}")
        for number, controller in enumerate(CONTROLLERS):
            if (device.name, controller) not in said:
                cells.append("")
                continue
            answer = said[device.name, controller]
            reason = answer["reason"]
            cells.append("commissioned" if answer["commissioned"] else reason.split(" <- ")[0])
            if answer["commissioned"] != (fault is None):
                wrong.append(f"{device.name}, {controller}: {reason}")
            elif fault and not reason.startswith(fault.refusals[number]):
                wrong.append(f"{device.name}, {controller}: refused by {reason}, not by {fault.refusals[number]}")
            elif fault and controller == "sdk" and reason.startswith("attestation"):
                if checks.get(fault.check) not in (None, int(reason.split()[1])):
                    wrong.append(f"{device.name}: the audit has the result {checks[fault.check]}, the SDK {reason}")
            for key, value in device.expected.items():
                if answer.get("basic", {}).get(key) != value:
                    wrong.append(f"{device.name}, {controller}: {key} is {answer.get('basic')}, not {value!r}")
        cells = [f"{cell:40.40}" for cell in cells]
        print(f"{device.name:24} {device.code:6} {' '.join(sorted(checks)) or '-':44.44}", *cells)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    taken = sum(answer["commissioned"] for answer in said.values())
    print(
        f"commission: {len(good)} option sets, {len(bad)} single faults, {len(cases)} cases: {taken} commissioned, "
        f"{len(cases) - taken} refused, {len(wrong)} unexpected, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


sys.exit(main())
