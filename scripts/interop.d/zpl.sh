# Labels for label printers, drawn by a renderer of ZPL and read by a QR code reader. Sourced by scripts/interop, which sets
# `work` and BINARIES. ZPL_CASES sets the number of random codes (default 40).

zpl_install() {
    if ! command -v zbarimg >/dev/null; then
        scripts/debian zbar-tools
    fi
    zpl_modules=$(scripts/npm-packages zpl-renderer-js@3.4.0)
}

zpl() {
    zpl_install
    mkdir -p "$work/run/zpl"
    node scripts/interop.d/zpl.mjs "$zpl_modules" "$BINARIES" "$work/run/zpl" "${ZPL_CASES:-40}"
}
