"""Fails for a link between documents that leads nowhere, for a page of docs/ to which nothing leads, and for one that is not in
docs/SUMMARY.md. With a folder as the argument: for a link of the built book in that folder that leads nowhere."""

import pathlib
import re
import subprocess
import sys
import tomllib
import urllib.parse

LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
DOCS = pathlib.Path("docs")
SUMMARY = DOCS / "SUMMARY.md"


def links(text):
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    text = re.sub(r"`[^`\n]*`", "", text)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"^\[[^\]]+\]: *(\S+)$", text, flags=re.M)


def anchors(text):
    for heading in re.findall(r"^#+ (.*)$", text, flags=re.M):
        yield re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def sources():
    files = [pathlib.Path(name) for name in subprocess.check_output(LISTED, text=True).splitlines()]
    broken, reached, listed, count = [], set(), set(), 0
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
            elif file == SUMMARY:
                listed.add(to)
            elif to != file.resolve():
                reached.add(to)
    pages = [file for file in files if file.is_relative_to(DOCS) and file != SUMMARY]
    broken += [f"{page}: no document links to it" for page in pages if page.parent == DOCS and page.resolve() not in reached]
    broken += [f"{page}: is not in {SUMMARY}" for page in pages if page.resolve() not in listed]
    return broken, f"{count} in {len(files)} documents"


def built(book):
    address = tomllib.loads(pathlib.Path("Cargo.toml").read_text())["workspace"]["package"]["repository"]
    pages = {file.resolve(): file.read_text() for file in sorted(book.rglob("*.html"))}
    # Files that are copied are no pages of the book, and the page for what is not found may be anywhere.
    pages = {file: text for file, text in pages.items() if 'id="mdbook-content"' in text and file.name != "404.html"}
    broken, count = [], 0
    for file, text in pages.items():
        for target in re.findall(r'<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"', text):
            target = urllib.parse.unquote(target.replace("&amp;", "&"))
            path, _, anchor = target.partition("#")
            if path.startswith(f"{address}/blob/main/"):
                to, anchor = pathlib.Path(path.removeprefix(f"{address}/blob/main/")), ""
            elif re.match(r"[a-z]+:", path):
                continue
            else:
                to = (file.parent / path if path else file).resolve()
            count += 1
            if not to.exists() or (anchor and to in pages and f'id="{anchor}"' not in pages[to]):
                broken.append(f"{file.relative_to(book.resolve())}: {target}")
    if not pages:
        broken.append(f"{book}: has no page of a book")
    return broken, f"{count} in {len(pages)} pages of the book"


def main():
    broken, counted = built(pathlib.Path(sys.argv[1])) if sys.argv[1:] else sources()
    if broken:
        sys.exit("links: broken\n" + "\n".join(broken))
    print(f"links: {counted}")


main()
