# Onboarding codes against other parsers and picture readers. Sourced by scripts/interop, which sets `work` and BINARIES.
# PAYLOAD_CASES sets the number of random codes (default 200).

. scripts/interop.d/chip.sh

payload_install() {
    local packages=(zbar-tools zxing-cpp-tools librsvg2-bin fonts-dejavu-core)
    if ! command -v zbarimg >/dev/null || ! command -v ZXingReader >/dev/null || ! command -v rsvg-convert >/dev/null ||
        ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
        scripts/debian "${packages[@]}"
    fi
    chip_install
    payload_modules=$(scripts/npm-packages @matter/types@0.17.9)
}

payload() {
    local run=$work/run/payload
    payload_install
    mkdir -p "$run"
    # Random codes with their fields, and pictures of some.
    python3 scripts/interop.d/payload.py make "$BINARIES/setup-code" "$run" "${PAYLOAD_CASES:-200}"
    "$chip/python" scripts/interop.d/payload.py chip "$run" | grep -v CHIP:
    node scripts/interop.d/payload.mjs "$payload_modules" "$run"
    python3 scripts/interop.d/payload.py pictures "$run"
}
