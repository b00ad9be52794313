#!/usr/bin/env bash
# The production line against esptool: eight slots with 0.5 MB + 24 KiB each, on virtual chips of both kinds, interleaved; and
# the cost of a slot at 921600 baud. Needs the network once, for esptool and the mock of its ROM. LINE_ROUNDS sets the number of rounds
# (default 3; 1 for the short form), VIRTUAL_CHIP names a mock that joins esp32-mock-bootloader and espefuse; `none` omits it.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/interop
program=${VIRTUAL_CHIP:-${MATTER_VECTORS:-../shared/vectors}/../tools/virtual_chip.py}
if [ "$program" != none ] && [ ! -e "$program" ]; then
    echo "line: no $program; VIRTUAL_CHIP names it, or is none to run without it" >&2
    exit 1
fi
python=$(scripts/venv esptool==5.6.0 esp32-mock-bootloader==0.3.0)/python
rm -rf "$work/run/line"
mkdir -p "$work/run/line"
BINARIES=${BINARIES:-$(scripts/binaries release)}
"$python" scripts/interop.d/line_speed.py "$work/run/line" "$BINARIES" \
    "${LINE_ROUNDS:-3}" "$program"
