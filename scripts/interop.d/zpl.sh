# Labels for label printers, drawn by a renderer of ZPL and read by a QR code reader. Sourced by scripts/interop, which sets
# `work` and BINARIES. ZPL_CASES sets the number of random codes (default 40).

zpl_install() {
    local renderer=zpl-renderer-js@3.4.0
    if ! command -v zbarimg >/dev/null || ! command -v npm >/dev/null; then
        scripts/debian zbar-tools nodejs npm
    fi
    if [ ! -e "$work/node-zpl/$renderer" ]; then
        mkdir -p "$work/node-zpl"
        npm install --prefix "$work/node-zpl" --silent --no-audit --no-fund --no-package-lock "$renderer"
        touch "$work/node-zpl/$renderer"
    fi
}

zpl() {
    zpl_install
    mkdir -p "$work/run/zpl"
    node scripts/interop.d/zpl.mjs "$work/node-zpl" "$BINARIES" "$work/run/zpl" "${ZPL_CASES:-40}"
}
