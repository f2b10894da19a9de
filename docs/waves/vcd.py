"""Reads the waves of a VCD file, cycle by cycle."""

import re


class Waves:
    """Every wire's value in every cycle. `tablewalk cosim --wave` says when what is seen: the edge that ends cycle n
    stands at n + 1 nanoseconds, so a cycle's values are the last ones before that."""

    def __init__(self, text, picoseconds=1000):
        self.names = {}  # "scope.name" -> the file's code of it
        self.changes = {}  # code -> [(time, value)]
        self.cycle_length = picoseconds
        self.end = 0
        header, _, body = text.partition("$enddefinitions $end")
        if "1ps" not in header.replace(" ", ""):
            raise ValueError("a VCD file whose unit of time is not the picosecond")
        scope = []
        for kind, rest in re.findall(r"\$(scope|upscope|var)\s(.*?)\$end", header, re.DOTALL):
            words = rest.split()
            if kind == "scope":
                scope.append(words[1])
            elif kind == "upscope":
                scope.pop()
            else:
                name = "".join(words[3:])
                name = re.sub(r"\[\d+:\d+\]$", "", name)
                self.names[".".join([*scope, name])] = words[2]
                self.changes.setdefault(words[2], [])
        time = 0
        for line in body.splitlines():
            if line.startswith("#"):
                time = int(line[1:])
                self.end = max(self.end, time)
            elif line[:1] in "01xz" and line:
                self.changes[line[1:]].append((time, int(line[0]) if line[0] in "01" else None))
            elif line.startswith("b"):
                bits, code = line[1:].split()
                self.changes[code].append((time, int(bits, 2) if set(bits) <= {"0", "1"} else None))

    def cycles(self):
        return self.end // self.cycle_length

    def code(self, name):
        """Of the one wire, or of that of the outermost scope, whose name it is."""
        codes = [(full.count("."), code) for full, code in self.names.items() if full.endswith("." + name)]
        if not codes:
            raise ValueError(f"the wave has no wire '{name}'")
        return min(codes)[1]

    def rises(self, name, cycle):
        """Whether it rises at the edge with which the cycle begins."""
        return (cycle * self.cycle_length, 1) in self.changes[self.code(name)]

    def in_cycles(self, name):
        """Its value in each cycle."""
        values = []
        value = None
        changes = self.changes[self.code(name)]
        position = 0
        for cycle in range(self.cycles()):
            while position < len(changes) and changes[position][0] < (cycle + 1) * self.cycle_length:
                value = changes[position][1]
                position += 1
            values.append(value)
        return values
