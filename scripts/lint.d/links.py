"""Fails for a link between documents that leads nowhere, and for a page of docs/ to which nothing leads."""

import pathlib
import re
import subprocess
import sys

LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]


def links(text):
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"^\[[^\]]+\]: *(\S+)$", text, flags=re.M)


def anchors(text):
    for heading in re.findall(r"^#+ (.*)$", text, flags=re.M):
        yield re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def main():
    files = [pathlib.Path(name) for name in subprocess.check_output(LISTED, text=True).splitlines()]
    broken, reached, count = [], set(), 0
    for file in files:
        for target in links(file.read_text()):
            # Addresses, and paths of Rust in documentation.
            if re.match(r"[a-z]+:", target) or "::" in target:
                continue
            count += 1
            path, _, anchor = target.partition("#")
            to = (file.parent / path if path else file).resolve()
            if not to.exists() or (anchor and anchor not in anchors(to.read_text())):
                broken.append(f"{file}: {target}")
            elif to != file.resolve():
                reached.add(to)
    pages = [file for file in files if file.parent == pathlib.Path("docs") and file.resolve() not in reached]
    broken += [f"{page}: no document links to it" for page in pages]
    if broken:
        sys.exit("links: broken\n" + "\n".join(broken))
    print(f"links: {count} in {len(files)} documents")


main()
