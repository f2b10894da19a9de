"""Draws lanes of values, cycle by cycle, as an SVG that can be read on light and dark pages."""

from html import escape

CELL = 54  # width of a cycle
CUT = 34  # width of cycles that are left out
LETTER = 6.63  # width of one at 11 pixels
LANE = 30  # from one lane to the next
HIGH = 16  # of a wave
LEFT = 132  # for the names
MARGIN = 12
LONGEST_WAIT = 2  # of more equal cycles after each other all but the first are cut

STYLE = """
  svg { --page: #ffffff; --ink: #1f2328; --faint: #d8dee4; --soft: #59636e; --wave: #0550ae; --bus: #ddf4ff; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #e6edf3; --faint: #2b3138; --soft: #9198a1; --wave: #79c0ff; --bus: #12263f; }
  }
  text { font: 11px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: var(--ink); }
  .page { fill: var(--page); }
  .soft { fill: var(--soft); }
  .over { paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
  .grid { stroke: var(--faint); stroke-width: 1; }
  .wave { stroke: var(--wave); stroke-width: 1.5; fill: none; stroke-linejoin: round; }
  .rest { stroke: var(--soft); stroke-width: 1; fill: none; }
  .bus { stroke: var(--wave); stroke-width: 1.5; fill: var(--bus); stroke-linejoin: round; }
  .mark { stroke: var(--soft); stroke-width: 1.2; fill: none; }
"""


class Bit:
    """A lane that is high or low."""

    def __init__(self, name, values):
        self.name = name
        self.values = values


class Bus:
    """A lane of values as text; None: nothing to be read."""

    def __init__(self, name, values):
        self.name = name
        self.values = values


class Clock:
    """A lane that rises where each cycle begins."""

    def __init__(self, name, cycles):
        self.name = name
        self.values = [None] * cycles


class Columns:
    """Where each cycle stands; of a long wait only its first does."""

    def __init__(self, lanes, cycles):
        same = [cycle > 0 and all(lane.values[cycle] == lane.values[cycle - 1] for lane in lanes)
                for cycle in range(cycles)]
        self.shown = []  # (first cycle, cycles that it stands for, left edge, width)
        left = LEFT
        cycle = 0
        while cycle < cycles:
            end = cycle + 1
            while end < cycles and same[end]:
                end += 1
            parts = [(one, 1) for one in range(cycle, end)]
            if len(parts) > LONGEST_WAIT:
                parts = [(cycle, 1), (cycle + 1, end - cycle - 1)]
            for first, count in parts:
                width = CELL if count == 1 else CUT
                self.shown.append((first, count, left, width))
                left += width
            cycle = end
        self.right = left

    def left_of(self, cycle):
        for first, count, left, width in self.shown:
            if first <= cycle < first + count:
                return left
        return self.right


def number(value):
    return f"{value:g}"


def path(points):
    return "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)


class Diagram:
    """`spans`: (first cycle, cycle after the last, text) above the lanes; `heads`: what each cycle is called."""

    def __init__(self, lanes, heads, spans):
        self.lanes = lanes
        self.heads = heads
        self.spans = spans
        self.columns = Columns(lanes, len(heads))
        self.top = MARGIN + (24 if spans else 0) + 20
        self.bottom = self.top + LANE * len(lanes) + 2
        self.parts = []

    def svg(self):
        width = self.columns.right + MARGIN
        height = self.bottom + 22 + MARGIN
        self.draw_grid()
        for place, lane in enumerate(self.lanes):
            self.draw_lane(lane, self.top + LANE * place + (LANE - HIGH) / 2)
        self.draw_cuts()
        self.draw_spans()
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
                f'width="{number(width)}" height="{number(height)}">\n<style>{STYLE}</style>\n'
                f'<rect class="page" width="100%" height="100%" rx="6"/>\n' + "\n".join(self.parts) + "\n</svg>\n")

    def text(self, x, y, words, classes="", anchor="start"):
        kind = f' class="{classes}"' if classes else ""
        self.parts.append(f'<text{kind} x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, kind, points):
        self.parts.append(f'<path class="{kind}" d="{path(points)}"/>')

    def draw_grid(self):
        for first, count, left, width in self.columns.shown:
            self.line("grid", [(left, self.top - 4), (left, self.bottom)])
            if count == 1:
                self.text(left + width / 2, self.top - 8, self.heads[first], "soft", "middle")
        self.line("grid", [(self.columns.right, self.top - 4), (self.columns.right, self.bottom)])

    def draw_lane(self, lane, top):
        self.text(LEFT - 10, top + HIGH / 2 + 4, lane.name, anchor="end")
        if isinstance(lane, Bit):
            self.draw_bit(lane, top)
        elif isinstance(lane, Bus):
            self.draw_bus(lane, top)
        else:
            self.draw_clock(top)

    def draw_bit(self, lane, top):
        points = []
        for first, _, left, width in self.columns.shown:
            y = top if lane.values[first] else top + HIGH
            points += [(left, y), (left + width, y)]
        self.line("wave", points)

    def draw_clock(self, top):
        points = []
        for _, _, left, width in self.columns.shown:
            middle = left + width / 2
            points += [(left, top + HIGH), (left, top), (middle, top), (middle, top + HIGH), (left + width, top + HIGH)]
        self.line("wave", points)

    def draw_bus(self, lane, top):
        """Boxes first, then their texts: one that does not fit its box stands behind it, where nothing is to be read."""
        boxes = []
        for first, _, left, width in self.columns.shown:
            value = lane.values[first]
            if boxes and boxes[-1][0] == value:
                boxes[-1][2] += width
            else:
                boxes.append([value, left, width])
        middle = top + HIGH / 2
        for value, left, width in boxes:
            if value is None:
                self.line("rest", [(left, middle), (left + width, middle)])
            else:
                self.draw_box(left, left + width, top)
        for value, left, width in boxes:
            if value is None:
                continue
            if len(value) * LETTER + 3 <= width:
                self.text(left + min(width, 2 * CELL) / 2, middle + 4, value, anchor="middle")
            else:
                self.text(left + width + 4, middle + 4, value, "over")

    def draw_box(self, left, right, top):
        slope = 3
        upper, lower = [(left + slope, top), (right - slope, top)], [(right - slope, top + HIGH), (left + slope, top + HIGH)]
        corners = [(left, top + HIGH / 2), *upper, (right, top + HIGH / 2), *lower]
        self.parts.append(f'<path class="bus" d="{path(corners)} Z"/>')

    def draw_cuts(self):
        for _, count, left, width in self.columns.shown:
            if count == 1:
                continue
            x = left + width / 2
            wave = []
            steps = int((self.bottom - self.top + 8) / 6)
            for step in range(steps + 1):
                wave.append((x + (2.5 if step % 2 else -2.5), self.top - 4 + 6 * step))
            band = [(a - 3, b) for a, b in wave] + [(a + 3, b) for a, b in reversed(wave)]
            self.parts.append(f'<path class="page" d="{path(band)} Z"/>')
            self.line("mark", [(a - 3, b) for a, b in wave])
            self.line("mark", [(a + 3, b) for a, b in wave])
            self.text(x, self.bottom + 16, f"{count} more", "soft", "middle")

    def draw_spans(self):
        y = MARGIN + 14
        for first, end, words in self.spans:
            left = self.columns.left_of(first) + 3
            right = self.columns.left_of(end) - 3
            self.line("mark", [(left, y + 8), (left, y + 3), (right, y + 3), (right, y + 8)])
            self.text((left + right) / 2, y - 2, words, anchor="middle")
