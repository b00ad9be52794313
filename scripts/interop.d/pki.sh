# Certificates, requests, declarations and revocation lists against openssl and PyPI cryptography. Sourced by
# scripts/interop, which sets `work`. PKI_CHAINS sets the number of random chains (default 48).

pki() {
    local peer=cryptography==50.0.2
    if [ ! -e "$work/venv-pki/$peer" ]; then
        python3 -m venv "$work/venv-pki"
        "$work/venv-pki/bin/python" -m pip install --quiet --disable-pip-version-check "$peer"
        touch "$work/venv-pki/$peer"
    fi
    cargo build --quiet --release --bin dac-pki
    "$work/venv-pki/bin/python" scripts/interop.d/pki.py target/release/dac-pki "$work/run/pki" "${PKI_CHAINS:-48}" 300 \
        20221025
}
