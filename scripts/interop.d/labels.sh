# Sheets of labels, drawn by poppler and librsvg, read by zxing-cpp, checked by qpdf and pdfinfo. Sourced by scripts/interop,
# which sets `work` and BINARIES.

labels_install() {
    if ! command -v pdftoppm >/dev/null || ! command -v qpdf >/dev/null || ! command -v rsvg-convert >/dev/null; then
        scripts/debian poppler-utils qpdf librsvg2-bin fonts-urw-base35
    fi
}

labels() {
    labels_install
    mkdir -p "$work/run/labels"
    "$(scripts/venv zxing-cpp==3.1.1 pillow==13.0.0)/python" scripts/interop.d/labels.py "$BINARIES" "$work/run/labels"
}
