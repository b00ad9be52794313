#!/usr/bin/env bash
# esp-rom-loader with virtual chips, checked by esptool and espefuse: identify, write, MD5, read back, and whole lists of eFuses;
# the eFuses burned by our loader equal those of espefuse on a second chip. Called by scripts/interop; needs the network once.
# VIRTUAL_CHIP names the program that joins a mock of the ROM with espefuse's eFuse controller; `none` omits it. LOADER_CHIPS
# selects chips, as in "esp32 esp32c3".
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/interop
program=${VIRTUAL_CHIP:-${MATTER_VECTORS:-../shared/vectors}/../tools/virtual_chip.py}
if [ "$program" = none ]; then
    echo "loader: 0 chips ran: VIRTUAL_CHIP=none"
    exit 0
fi
if [ ! -e "$program" ]; then
    echo "loader: no $program; VIRTUAL_CHIP names it, or is none to run without it" >&2
    exit 1
fi
python=$(scripts/venv esptool==5.6.0 esp32-mock-bootloader==0.3.0)/python
rm -rf "$work/run/loader"
mkdir -p "$work/run/loader"
BINARIES=${BINARIES:-$(scripts/binaries release)}
# shellcheck disable=SC2086
"$python" scripts/interop.d/loader.py "$work/run/loader" "$BINARIES/examples" \
    "$program" ${LOADER_CHIPS:-}
