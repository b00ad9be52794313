# Read by scripts/cross and scripts/inspector: a Rust compiler with the source of its standard libraries, mingw-w64, Wine, qemu.
# Uses $cross.

# The packages that one depends on and whose names match: a version is part of them.
dependency() {
    apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)$/\1/p" | head -n 1
}

# Unpacked, not installed: rustc-web would take the place of the compiler that everything else is built with.
unpack_source_toolchain() (
    local rust="$cross/rust" std llvm
    # Two gates may want it at once.
    exec 8>"$cross/lock"
    flock 8
    [ ! -e "$rust/complete" ] || exit 0
    # An old list of packages may name an older compiler, or files that are gone.
    scripts/debian
    std=$(dependency libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
    llvm=$(dependency "$std" 'libllvm[0-9.]*')
    if [ -z "$std" ] || [ -z "$llvm" ]; then
        echo "cross: this system has no package rustc-web, or one with other parts than Debian's" >&2
        exit 1
    fi
    rm -rf "$rust" "$cross/packages"
    mkdir -p "$cross/packages"
    download() (cd "$cross/packages" && apt-get download -qq -o APT::Sandbox::User=root rustc-web "$std" libstd-rust-web-dev rust-web-src "$llvm")
    # Another gate may bring the lists up to date meanwhile.
    download || { scripts/debian && download; }
    for package in "$cross"/packages/*.deb; do
        dpkg -x "$package" "$rust"
    done
    rm -rf "$cross/packages"
    touch "$rust/complete"
)

use_source_toolchain() {
    local root="$cross/rust/usr" tool
    mkdir -p "$cross/bin"
    for tool in rustc rustdoc; do
        # Two gates may use it at once.
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$root/lib/x86_64-linux-gnu" "$root/bin/$tool" >"$cross/bin/$tool.$$"
        chmod +x "$cross/bin/$tool.$$"
        mv -f "$cross/bin/$tool.$$" "$cross/bin/$tool"
    done
    export RUSTC="$cross/bin/rustc" RUSTDOC="$cross/bin/rustdoc" RUSTC_BOOTSTRAP=1
}

install_windows_tools() {
    if ! command -v x86_64-w64-mingw32-gcc >/dev/null || [ ! -x "$(find_wine)" ]; then
        scripts/debian --no-install-recommends gcc-mingw-w64-x86-64-win32 wine64
    fi
}

install_emulator() {
    local libraries
    case $1 in
        aarch64) libraries=libc6-dev-arm64-cross ;;
        *) libraries=libc6-dev-$1-cross ;;
    esac
    if ! command -v "$1-linux-gnu-gcc" >/dev/null || ! command -v "qemu-$1-static" >/dev/null; then
        scripts/debian --no-install-recommends "gcc-$1-linux-gnu" "$libraries" qemu-user-static
    fi
}

# Debian's wine64 package puts nothing on the path.
find_wine() {
    type -P wine64 || echo /usr/lib/wine/wine64
}

prepare_wine() {
    local system="$cross/wine/drive_c/windows/system32"
    WINE=$(find_wine)
    export WINE WINEPREFIX="$cross/wine" WINEDEBUG=-all
    if [ ! -d "$system" ]; then
        "$WINE" wineboot --init >"$cross/wine.log" 2>&1 || { cat "$cross/wine.log" >&2; return 1; }
    fi
    # Rust's std gets random numbers from a library that Wine 8 does not have.
    x86_64-w64-mingw32-gcc -O2 -shared -s -o "$cross/bcryptprimitives.dll" scripts/cross.d/bcryptprimitives.c -ladvapi32
    cp "$cross/bcryptprimitives.dll" "$system"
}
