"""Draws lines on logarithmic axes and groups of bars, as an SVG that can be read on light and dark pages."""

import math
from html import escape

LETTER = 6.4  # width of one at 12 pixels, about
GAP = 14  # between two labels at the ends of lines

# A colour for light and for dark pages.
COLOURS = {
    "flat": ("#57606a", "#9aa4ae"),
    "flattened": ("#8250df", "#b794f6"),
    "tree": ("#0550ae", "#6cb6ff"),
    "tree5": ("#0a7ea4", "#39c5cf"),
    "hashed": ("#bc4c00", "#f0883e"),
    "chained": ("#953800", "#d9773a"),
    "cuckoo": ("#116329", "#57ab5a"),
    "inverted": ("#bf3989", "#e275ad"),
}


def style():
    light = "".join(f" --{name}: {colours[0]};" for name, colours in COLOURS.items())
    dark = "".join(f" --{name}: {colours[1]};" for name, colours in COLOURS.items())
    rules = "".join(f"  .{name} {{ --c: var(--{name}); }}\n" for name in COLOURS)
    return f"""
  svg {{ --page: #ffffff; --ink: #1f2328; --faint: #d8dee4; --soft: #59636e;{light} }}
  @media (prefers-color-scheme: dark) {{
    svg {{ --page: #0d1117; --ink: #e6edf3; --faint: #2b3138; --soft: #9198a1;{dark} }}
  }}
{rules}  text {{ font: 12px system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif; fill: var(--ink); }}
  .title {{ font-weight: 600; font-size: 13px; }}
  .page {{ fill: var(--page); }}
  .soft {{ fill: var(--soft); }}
  .name {{ fill: var(--c); }}
  .grid {{ stroke: var(--faint); stroke-width: 1; }}
  .line {{ stroke: var(--c); stroke-width: 2; fill: none; stroke-linejoin: round; }}
  .tie {{ stroke: var(--c); stroke-width: 1; fill: none; opacity: 0.6; }}
  .dashed {{ stroke-dasharray: 5 4; }}
  .beyond {{ stroke-dasharray: 2 3; }}
  .bar {{ fill: var(--c); }}
  .second {{ opacity: 0.62; }}
  .third {{ opacity: 0.35; }}
"""


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Picture:
    def __init__(self, width, height, label):
        self.width, self.height, self.label = width, height, label
        self.parts = []

    def text(self, x, y, words, kind="", anchor="start"):
        kind = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}"{kind} text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<path class="{kind}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>')

    def path(self, points, kind):
        steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.parts.append(f'<path class="{kind}" d="M{steps}"/>')

    def bar(self, x, y, width, height, kind):
        self.parts.append(f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" width="{number(max(width, 1))}" '
                          f'height="{number(height)}" rx="1.5"/>')

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
                f'height="{self.height}" role="img" aria-label="{escape(self.label)}">\n<style>{style()}</style>\n'
                '<rect class="page" width="100%" height="100%" rx="6"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def spread(wanted, low, high):
    """Places for labels, GAP apart at least, as near as possible to the wanted ones, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places = [wanted[i] for i in order]
    for _ in range(200):
        for i in range(1, len(places)):
            short = GAP - (places[i] - places[i - 1])
            if short > 0:
                places[i - 1] -= short / 2
                places[i] += short / 2
        places = [min(max(place, low), high) for place in places]
    result = [0.0] * len(wanted)
    for place, i in zip(places, order):
        result[i] = place
    return result


def short_bytes(value):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.0f} {unit}"
        value /= 1024
    raise ValueError(value)


class LinePanel:
    """Bytes over bytes. A series is (colour, name, kind, [(x, y, beyond)]); what is `beyond` is dotted."""

    def __init__(self, picture, box, x_range, y_range):
        self.picture = picture
        self.left, self.top, self.right, self.bottom = box
        self.x_range, self.y_range = x_range, y_range

    def x(self, value):
        low, high = self.x_range
        return self.left + math.log(value / low) / math.log(high / low) * (self.right - self.left)

    def y(self, value):
        low, high = self.y_range
        return self.bottom - math.log(value / low) / math.log(high / low) * (self.bottom - self.top)

    def axes(self, title, steps):
        picture = self.picture
        picture.text(self.left - 60, self.top - 14, title, "title")
        value = self.x_range[0]
        while value <= self.x_range[1]:
            picture.line(self.x(value), self.top, self.x(value), self.bottom, "grid")
            picture.text(self.x(value), self.bottom + 17, short_bytes(value), "soft", "middle")
            value *= steps
        value = self.y_range[0]
        while value <= self.y_range[1]:
            picture.line(self.left, self.y(value), self.right, self.y(value), "grid")
            picture.text(self.left - 8, self.y(value) + 4, short_bytes(value), "soft", "end")
            value *= steps

    def draw(self, series):
        ends = []
        for colour, _, kind, points in series:
            counted = [(self.x(x), self.y(y)) for x, y, beyond in points if not beyond]
            rest = [(self.x(x), self.y(y)) for x, y, beyond in points if beyond]
            self.picture.path(counted, f"line {colour} {kind}".strip())
            if rest:
                self.picture.path(counted[-1:] + rest, f"line {colour} beyond")
            ends.append((counted + rest)[-1])
        labels = spread([y for _, y in ends], self.top, self.bottom + 6)
        for (colour, name, _, _), (x, y), place in zip(series, ends, labels):
            if x >= self.right - 1:
                self.picture.line(x + 3, y, self.right + 16, place, f"tie {colour}")
                self.picture.text(self.right + 20, place + 4, name, f"name {colour}")
            else:  # ends inside: its address space is full
                self.picture.text(x + 5, y + 4, name, f"name {colour}")


class BarPanel:
    """Horizontal bars. A row is (colour, name, [values]); several values of a row are bars of decreasing strength."""

    def __init__(self, picture, left, top, right, high=10):
        self.picture, self.left, self.top, self.right, self.high = picture, left, top, right, high

    def draw(self, title, rows, most, show, names=True):
        picture = self.picture
        picture.text(self.left, self.top - 10, title, "title")
        y = self.top
        room = self.right - self.left - 52  # for the figure behind the longest bar
        for colour, name, values in rows:
            height = len(values) * (self.high + 2)
            if names:
                picture.text(self.left - 8, y + height / 2 + 3, name, f"name {colour}", "end")
            for place, value in enumerate(values):
                kind = ("bar", "bar second", "bar third")[place]
                width = value / most * room
                picture.bar(self.left, y, width, self.high, f"{kind} {colour}")
                picture.text(self.left + max(width, 1) + 5, y + self.high - 0.5, show(value), "soft")
                y += self.high + 2
            y += 7
        picture.line(self.left, self.top - 2, self.left, y - 5, "grid")
        return y
