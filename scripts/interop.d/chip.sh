# The Matter SDK's controller in Python, whose library has the SDK's attestation code with BoringSSL. Sourced by pki.sh and
# payload.sh, which set `work`.

chip_install() {
    local peer=home-assistant-chip-core==2025.7.0
    if ! dpkg -s libnl-route-3-200 >/dev/null 2>&1; then
        scripts/debian libnl-route-3-200
    fi
    if [ ! -e "$work/venv-payload/$peer" ]; then
        python3 -m venv "$work/venv-payload"
        "$work/venv-payload/bin/python" -m pip install --quiet --disable-pip-version-check "$peer"
        touch "$work/venv-payload/$peer"
    fi
}
