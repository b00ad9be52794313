"""Preprocessor of mdbook: a link to a file or folder that is no page of the book becomes one to the repository."""

import json
import pathlib
import re
import sys
import tomllib

# Fenced blocks and code are kept as they are.
TOKENS = re.compile(r"```.*?```|`[^`\n]*`|(\]\()([^)\s]+)(\))", re.S)


def rewritten(text, folder, pages, address):
    docs = pathlib.Path.cwd().resolve()

    def link(found):
        target = found[2]
        if not target or re.match(r"[a-z]+:|#", target):
            return found[0]
        path, _, anchor = target.partition("#")
        to = (docs / folder / path).resolve()
        if to in pages and to.name == "README.md":
            return found[0].replace("README.md", "index.html")
        if to in pages or (to.is_file() and to.suffix != ".md" and to.is_relative_to(docs)):
            return found[0]
        return f"{found[1]}{address}/blob/main/{to.relative_to(docs.parent)}{'#' * bool(anchor)}{anchor}{found[3]}"

    return TOKENS.sub(link, text)


def chapters(items):
    for item in items:
        if "Chapter" in item:
            yield item["Chapter"]
            yield from chapters(item["Chapter"]["sub_items"])


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    docs = pathlib.Path.cwd().resolve()
    address = tomllib.loads((docs.parent / "Cargo.toml").read_text())["workspace"]["package"]["repository"]
    items = book.get("items") or book["sections"]
    pages = {docs / chapter["source_path"] for chapter in chapters(items)}
    for chapter in chapters(items):
        folder = pathlib.Path(chapter["source_path"]).parent
        chapter["content"] = rewritten(chapter["content"], folder, pages, address)
    json.dump(book, sys.stdout)


main()
