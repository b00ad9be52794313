# Read by scripts that use the tools of flash images: esptool with espsecure and espefuse, ESP-IDF's definitions as a library, and its NVS generator.
# flash_install sets `flash_venv`, the folder of their programs.

flash_install() {
    flash_venv=$(scripts/venv esptool==5.6.0 esp-idf-defs==0.1.7 esp-idf-nvs-partition-gen==0.3.0)
}
