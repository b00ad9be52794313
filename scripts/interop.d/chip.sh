# The Matter SDK's controller in Python, whose library has the SDK's attestation code with BoringSSL. Sourced by pki.sh and
# payload.sh; chip_install sets `chip`, the folder of its programs.

chip_install() {
    if ! dpkg -s libnl-route-3-200 >/dev/null 2>&1; then
        scripts/debian libnl-route-3-200
    fi
    chip=$(scripts/venv home-assistant-chip-core==2025.7.0)
}
