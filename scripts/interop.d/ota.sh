# Matter OTA images against matter.js. Sourced by scripts/interop, which sets `work` and BINARIES. OTA_CASES sets the number of random
# images (default 300).

ota() {
    local modules
    modules=$(scripts/npm-packages @matter/protocol@0.17.9 @matter/nodejs@0.17.9)
    mkdir -p "$work/run/ota"
    node scripts/interop.d/ota.mjs "$modules" "$BINARIES/ota-image" "$work/run/ota" "${OTA_CASES:-300}"
}
