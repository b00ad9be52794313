#!/usr/bin/env bash
# Flash encryption, partition tables, images, merged images, plans and secure boot: flash-image against espsecure, esptool and
# ESP-IDF's partition table generator; then espefuse runs the plans of esp-flash-plan. Called by scripts/interop; needs the
# network once. FLASH_CASES sets the number of random pieces (default 300), FLASH_TABLES and FLASH_CHANGED of partition
# tables and of damaged CSV (100, 500), FLASH_MERGED of merged images and of plans (40 each), FLASH_IMAGES of images
# (40), SECURE_BOOT_CASES of files signed by each side (60).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/interop
. scripts/interop.d/flash_venv.sh
flash_install
rm -rf "$work/run/flash" "$work/run/secure-boot"
mkdir -p "$work/run/flash" "$work/run/secure-boot"
binary=${BINARIES:-$(scripts/binaries release)}/flash-image
python=$flash_venv/python
"$python" scripts/interop.d/flash.py "$work/run/flash" "$binary" 20261128 --pieces "${FLASH_CASES:-300}" \
    --tables "${FLASH_TABLES:-100}" --merged "${FLASH_MERGED:-40}" --plans "${FLASH_MERGED:-40}" \
    --changed "${FLASH_CHANGED:-500}" --images "${FLASH_IMAGES:-40}" &
flash=$!
failed=0
"$python" scripts/interop.d/secure_boot.py "$work/run/secure-boot" "$binary" 20261128 \
    --signed "${SECURE_BOOT_CASES:-60}" >"$work/run/secure-boot.log" || failed=1
wait $flash || failed=1
cat "$work/run/secure-boot.log"
[ "$failed" = 0 ] || exit 1

# Four thousand more tables and six hundred more pieces, without the binary.
log=$work/run/flash/oracle.log
ESP_TOOLS_PYTHON="$python" scripts/tests esp-flash-image oracle -- --nocapture >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
grep -E '^[0-9]+ (tables|pieces) ' "$log" | sed 's/^/flash: /'

# Plans of all chips, whose commands espefuse runs on virtual chips.
FLASH_PLANS="$PWD/$work/run/flash/efuses" scripts/tests esp-flash-plan interop >/dev/null
"$python" scripts/interop.d/efuse_plans.py "$work/run/flash/efuses"
