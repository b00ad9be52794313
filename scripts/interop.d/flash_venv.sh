# The tools of flash images: esptool with espsecure and espefuse, ESP-IDF's definitions as a library, and its NVS generator.
# Sourced by flash.sh and compare-flash-speed, which set `work`.

flash_install() {
    local peers="esptool==5.6.0 esp-idf-defs==0.1.7 esp-idf-nvs-partition-gen==0.3.0"
    if [ ! -e "$work/flash-venv/$peers" ]; then
        python3 -m venv "$work/flash-venv"
        # shellcheck disable=SC2086
        "$work/flash-venv/bin/python" -m pip install --quiet --disable-pip-version-check $peers
        touch "$work/flash-venv/$peers"
    fi
}
