"""DER as a tree of values, which can be changed and written again."""

CONSTRUCTED = 0x20
# OCTET STRINGs and BIT STRINGs that hold DER.
WRAPPING = {0x04: 0, 0x03: 1}


class Node:
    """A value in DER, whose length is recomputed."""

    def __init__(self, tag, content=b"", children=None, prefix=b""):
        self.tag, self.content, self.children, self.prefix = tag, content, children, prefix
        self.length = None

    def encode(self):
        body = self.content if self.children is None else self.prefix + b"".join(node.encode() for node in self.children)
        return bytes([self.tag]) + (self.length or length)(len(body)) + body

    def walk(self):
        yield self
        for child in self.children or []:
            yield from child.walk()


def length(size):
    if size < 128:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 + len(digits)]) + digits


def parse(data):
    """The values in some bytes, or None if they are not DER with one-byte tags."""
    nodes, at = [], 0
    while at < len(data):
        if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
            return None
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            if count not in (1, 2):
                return None
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            return None
        content, at = data[at : at + size], at + size
        nodes.append(node(tag, content))
    return nodes


def node(tag, content):
    if tag & CONSTRUCTED:
        children = parse(content)
        if children is not None:
            return Node(tag, content, children)
    elif tag in WRAPPING:
        skip = WRAPPING[tag]
        children = parse(content[skip:]) if content[skip : skip + 1] == b"\x30" else None
        if children:
            return Node(tag, content, children, content[:skip])
    return Node(tag, content)
