# Sheets of labels, drawn by poppler and librsvg, read by zxing-cpp, checked by qpdf and pdfinfo. Sourced by scripts/interop,
# which sets `work`.

labels_install() {
    local zxing=zxing-cpp==3.1.1 pillow=pillow==13.0.0
    if ! command -v pdftoppm >/dev/null || ! command -v qpdf >/dev/null || ! command -v rsvg-convert >/dev/null; then
        local sudo=
        [ "$(id -u)" = 0 ] || sudo=sudo
        $sudo apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq poppler-utils qpdf librsvg2-bin fonts-urw-base35 >/dev/null
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
    cargo build --quiet --release --bin setup-code --bin matter-mfg --bin audit-device
    "$work/labels-venv/bin/python" scripts/interop.d/labels.py target/release "$work/run/labels"
}
