"""Line charts as SVG."""

import math
import pathlib

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 64, 56, 24, 120
COLOURS = ["#0b6e99", "#b5510f", "#3d7a2a"]


def draw(kind, unit, value_unit, sizes, series):
    """Writes docs/pictures/scale-KIND.svg: `series` maps a name to a value for each of `sizes`, which are on a logarithmic axis."""
    path = pathlib.Path(f"docs/pictures/scale-{kind}.svg")
    most = max(max(values) for values in series.values())
    step = 10 ** math.floor(math.log10(most))
    if most / step < 2:
        step /= 4
    ceiling = math.ceil(most * 1.1 / step) * step
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])

    def place(size, value):
        x = LEFT + (math.log10(size) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - value / ceiling * (HEIGHT - BOTTOM - TOP)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f"<title>{value_unit}, over the number of {unit}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for number in range(round(ceiling / step) + 1):
        value = number * step
        _, y = place(sizes[0], value)
        lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.3g}</text>')
    for size in sizes:
        x, y = place(size, 0)
        lines.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{size:,}</text>')
    for (name, values), colour in zip(series.items(), COLOURS):
        points = [place(size, value) for size, value in zip(sizes, values)]
        path_points = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
        x, y = points[-1]
        lines.append(f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>')
    lines.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{unit}</text>')
    lines.append(f'<text x="{LEFT}" y="16" text-anchor="start">{value_unit}</text>')
    path.write_text("\n".join([*lines, "</svg>"]) + "\n")
    print(f"\nwritten: {path}")
