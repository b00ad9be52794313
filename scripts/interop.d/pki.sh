#!/usr/bin/env bash
# Certificates, requests, declarations and revocation lists: dac-pki against openssl, PyPI cryptography and the Matter SDK's
# own code. Called by scripts/interop; needs the network once. PKI_CHAINS sets the number of random chains (default 48), PKI_MUTATIONS
# of mutated certificates (default 300), PKI_PATHS of chains for path validation (default 480).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/interop
python=$(scripts/venv cryptography==50.0.2)/python
rm -rf "$work/run/pki"
mkdir -p "$work/run/pki"
BINARIES=${BINARIES:-$(scripts/binaries release)}
"$python" scripts/interop.d/pki.py "$BINARIES/dac-pki" "$work/run/pki" \
    "${PKI_CHAINS:-48}" "${PKI_MUTATIONS:-300}" 20221025
. scripts/interop.d/chip.sh
chip_install
library=$(echo "$chip"/../lib/python3*/site-packages/chip/_ChipDeviceCtrl.so)
# The library writes its own lines to standard output.
"$python" scripts/interop.d/pki_paths.py "$BINARIES/dac-pki" \
    "$work/run/pki/paths" "${PKI_PATHS:-480}" 5280 "$library" | grep -v CHIP:
MATTER_MATRIX_DIR="$PWD/$work/run/pki/matrix" scripts/tests matter-attestation matrix -- written >/dev/null
"$python" scripts/interop.d/pki_sdk.py "$library" "$work/run/pki/matrix" | grep -v CHIP:
