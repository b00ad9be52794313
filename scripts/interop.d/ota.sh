# Matter OTA images against matter.js. Sourced by scripts/interop, which sets `work` and BINARIES. OTA_CASES sets the number of random
# images (default 300).

ota_install() {
    local protocol=@matter/protocol@0.17.9 nodejs=@matter/nodejs@0.17.9
    if [ ! -e "$work/node-ota/${protocol//\//-}" ]; then
        if ! command -v npm >/dev/null; then
            scripts/debian nodejs npm
        fi
        mkdir -p "$work/node-ota"
        npm install --prefix "$work/node-ota" --silent --no-audit --no-fund --no-package-lock "$protocol" "$nodejs"
        touch "$work/node-ota/${protocol//\//-}"
    fi
}

ota() {
    ota_install
    mkdir -p "$work/run/ota"
    node scripts/interop.d/ota.mjs "$work/node-ota" "$BINARIES/ota-image" "$work/run/ota" "${OTA_CASES:-300}"
}
