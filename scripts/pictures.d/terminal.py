"""Runs a command in a terminal of its own and draws its busiest screen as an SVG.

terminal.py OUT.svg COLUMNS ROWS -- COMMAND...   (needs pyte 0.8.2 of PyPI)
"""

import fcntl
import html
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pyte

out, columns, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
command = sys.argv[sys.argv.index("--") + 1 :]
screen = pyte.Screen(columns, rows)
stream = pyte.ByteStream(screen)
main, other = pty.openpty()
fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
environment = {**os.environ, "TERM": "xterm-256color"}
environment.pop("NO_COLOR", None)
process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment, close_fds=True)
os.close(other)


def cells():
    return [[screen.buffer[y][x] for x in range(columns)] for y in range(rows)]


def busy():
    """Number of slots with a bar; a picture with verdicts above them is better."""
    lines = screen.display
    bars = sum("%" in line and "B/s" in line for line in lines)
    verdicts = sum(" PASS " in line or " FAIL " in line for line in lines)
    return (bars, min(verdicts, 3))


best, picture = (-1, -1), None
end = time.monotonic() + 600
while time.monotonic() < end:
    if not select.select([main], [], [], 0.05)[0]:
        if process.poll() is not None:
            break
        continue
    try:
        data = os.read(main, 65536)
    except OSError:
        break
    if not data:
        break
    stream.feed(data)
    if busy() >= best:
        best, picture = busy(), cells()
process.wait()
picture = picture or cells()

COLOURS = {"green": "#3fb950", "red": "#f85149", "brown": "#d29922", "black": "#0d1117", "white": "#ffffff", "cyan": "#39c5cf"}
WIDTH, HEIGHT, EDGE = 8.4, 18, 12
used = max((y for y in range(rows) if any(c.data.strip() for c in picture[y])), default=0) + 1
svg = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns * WIDTH + 2 * EDGE:.0f}" height="{used * HEIGHT + 2 * EDGE}" '
    f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14">'
    '<rect width="100%" height="100%" rx="6" fill="#0d1117"/>'
]
for y in range(used):
    x = 0
    while x < columns:
        first = picture[y][x]
        run = x
        while run < columns and (picture[y][run].fg, picture[y][run].bg) == (first.fg, first.bg):
            run += 1
        text = "".join(cell.data for cell in picture[y][x:run])
        left, base = EDGE + x * WIDTH, EDGE + (y + 1) * HEIGHT - 5
        if first.bg in COLOURS:
            svg.append(f'<rect x="{left:.1f}" y="{base - 13}" width="{len(text) * WIDTH:.1f}" height="{HEIGHT}" fill="{COLOURS[first.bg]}"/>')
        if text.strip():
            colour = COLOURS.get(first.fg, "#e6edf3")
            svg.append(
                f'<text x="{left:.1f}" y="{base}" fill="{colour}" xml:space="preserve" textLength="{len(text) * WIDTH:.1f}">'
                f"{html.escape(text)}</text>"
            )
        x = run
svg.append("</svg>\n")
with open(out, "w", encoding="utf-8") as file:
    file.write("\n".join(svg))
print(f"{out}: {best[0]} bars, exit code {process.returncode}")
