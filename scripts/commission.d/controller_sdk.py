"""Commissions a device with the Matter SDK's controller, from the code and the folder of trusted PAAs alone.

usage: controller_sdk.py CODE PAA_FOLDER WORK; prints {"commissioned", "reason", "basic"}.
"""

import asyncio
import json
import logging
import os
import pathlib
import re
import sys

import chip.CertificateAuthority
import chip.discovery
import chip.logging
import chip.native
from chip.ChipStack import ChipStack
from chip.clusters import Objects

CODE, PAAS, WORK = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
FIELDS = ["VendorID", "ProductID", "VendorName", "ProductName", "HardwareVersion", "HardwareVersionString", "SerialNumber"]
NODE = 1

lines = []


class Keep(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())


async def commission(controller):
    kind = chip.discovery.DiscoveryType.DISCOVERY_NETWORK_ONLY_WITHOUT_PASE_AUTO_RETRY
    await asyncio.wait_for(controller.CommissionWithCode(CODE, NODE, kind), 20)
    attributes = [getattr(Objects.BasicInformation.Attributes, field) for field in FIELDS]
    read = await asyncio.wait_for(controller.ReadAttribute(NODE, [(0, attribute) for attribute in attributes]), 10)
    values = read[0][Objects.BasicInformation]
    return {field[0].lower() + field[1:].replace("ID", "Id"): values[a] for field, a in zip(FIELDS, attributes)}


def reason(error):
    """The error named in the log, if any; the exception has few details."""
    log = "\n".join(lines)
    attestation = r"Failed in verifying 'Attestation Information' command received from the device: err (\d+)"
    if found := re.search(attestation, log):
        return f"attestation {found[1]}"
    if "Failed to verify peer's MAC" in log:
        return "PASE: wrong key confirmation"
    if isinstance(error, TimeoutError):
        return "discovery: no such device"
    return f"{type(error).__name__}: {error}"


def main():
    logging.basicConfig(level=logging.INFO, handlers=[Keep()])
    chip.logging.RedirectToPythonLogging()
    chip.native.Init()
    stack = ChipStack(persistentStoragePath=str(WORK / "controller.json"), enableServerInteractions=False)
    manager = chip.CertificateAuthority.CertificateAuthorityManager(stack, stack.GetStorageManager())
    fabric = manager.NewCertificateAuthority().NewFabricAdmin(vendorId=0xFFF1, fabricId=1)
    controller = fabric.NewController(nodeId=112233, paaTrustStorePath=PAAS, useTestCommissioner=False)
    try:
        basic = asyncio.run(commission(controller))
        judged = any("Successfully validated 'Attestation Information'" in line for line in lines)
        reason_given = "attestation" if judged else "attestation was not judged"
        result = {"commissioned": judged, "reason": reason_given, "basic": basic}
    except Exception as error:
        result = {"commissioned": False, "reason": reason(error)}
    (WORK / "controller.log").write_text("\n".join(lines) + "\n")
    print("\n" + json.dumps(result), flush=True)
    # The stack's threads would keep the process alive for seconds.
    os._exit(0)


main()
