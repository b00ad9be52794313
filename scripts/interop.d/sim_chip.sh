#!/usr/bin/env bash
# Virtual chips against the vendor's tools: esptool and espefuse drive sim-chip over pseudo-terminals and sockets, and its
# eFuses equal those of espefuse's own virtual chips after the same commands. Called by scripts/interop; needs the network once.
# SIM_CHIP_RANDOM sets the number of random sequences of commands for each chip (default 6), SIM_CHIP_CHIPS the chips (default all
# ten, flash for five), SIM_CHIP_CASES the kinds of cases: flash, efuse (default both).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/interop
. scripts/interop.d/flash_venv.sh
flash_install
rm -rf "$work/run/sim-chip"
mkdir -p "$work/run/sim-chip"
BINARIES=${BINARIES:-$(scripts/binaries release)}
# shellcheck disable=SC2086 # lists of words
"$flash_venv/python" scripts/interop.d/sim_chip.py "$work/run/sim-chip" \
    "$BINARIES/sim-chip" 20261130 --random "${SIM_CHIP_RANDOM:-6}" \
    --cases ${SIM_CHIP_CASES:-flash efuse} ${SIM_CHIP_CHIPS:+--chips $SIM_CHIP_CHIPS}
