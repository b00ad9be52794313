#!/usr/bin/env python3
"""Makes one HTML file of the page's sources and the library: bundle.py SOURCES LIBRARY.wasm OUTPUT.

The policy in it names the script and the style by their hashes, and allows no connection. The library is compressed and in Base64:
browsers load no modules for pages in files.
"""

import base64
import gzip
import hashlib
import pathlib
import sys


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def main(sources, library, output):
    sources = pathlib.Path(sources)
    scripts = sorted((sources / "script").glob("*.js"))
    body = "\n".join(path.read_text() for path in scripts)
    script = f'"use strict";\n(() => {{\n{body}}})();\n'
    style = (sources / "inspector.css").read_text()
    # Text that a browser would read as the end of the element.
    assert "</script" not in script.lower() and "</style" not in style.lower()
    policy = "; ".join([
        "default-src 'none'",
        f"script-src '{digest(script)}' 'wasm-unsafe-eval'",
        f"style-src '{digest(style)}'",
        "img-src blob: data:",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
    ])  # fmt: skip
    # No time in it: the same sources make the same page.
    packed = base64.b64encode(gzip.compress(pathlib.Path(library).read_bytes(), 9, mtime=0)).decode()
    page = (sources / "inspector.html").read_text()
    for name, text in [("policy", policy), ("style", style), ("wasm", packed), ("script", script)]:
        assert page.count("{{" + name + "}}") == 1, name
        page = page.replace("{{" + name + "}}", text)
    pathlib.Path(output).write_text(page)


if __name__ == "__main__":
    main(*sys.argv[1:])
