# Sheets of labels, drawn by poppler and librsvg, read by zxing-cpp, checked by qpdf and pdfinfo. Sourced by scripts/interop,
# which sets `work` and BINARIES.

labels_install() {
    local zxing=zxing-cpp==3.1.1 pillow=pillow==13.0.0
    if ! command -v pdftoppm >/dev/null || ! command -v qpdf >/dev/null || ! command -v rsvg-convert >/dev/null; then
        scripts/debian poppler-utils qpdf librsvg2-bin fonts-urw-base35
    fi
    if [ ! -e "$work/labels-venv/$zxing" ]; then
        python3 -m venv "$work/labels-venv"
        "$work/labels-venv/bin/python" -m pip install --quiet --disable-pip-version-check "$zxing" "$pillow"
        touch "$work/labels-venv/$zxing"
    fi
}

labels() {
    labels_install
    mkdir -p "$work/run/labels"
    "$work/labels-venv/bin/python" scripts/interop.d/labels.py "$BINARIES" "$work/run/labels"
}
