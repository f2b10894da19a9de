"""The pictures of docs/flat-or-tree-or-hash.md, each from the rows of one CSV file."""

from chart import BarPanel, LinePanel, Picture

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40

# Organisation: colour, and its name in a picture.
NAMES = {"flat48": ("flat", "flat"), "flattened": ("flattened", "flattened"), "x86-64": ("tree", "tree, 4 levels"),
         "x86-64-la57": ("tree5", "tree, 5 levels"), "hashed": ("hashed", "hashed"), "cuckoo": ("cuckoo", "cuckoo"),
         "hashed-chained": ("chained", "chained"), "inverted": ("inverted", "inverted")}
PROGRAMS = ["bfs", "pagerank", "hash-join", "key-value", "btree", "heap"]
STATES = [("warm", "all warm"), ("walk caches cold", "walk caches cold"), ("all cold", "caches cold, 256 walks"),
          ("first walk", "caches cold, first walk")]


def curve(rows, space, organisation):
    return [(int(row["footprint"]), int(row["bytes"]), row["how"] != "counted") for row in rows
            if row["space"] == space and row["organisation"] == organisation and row["page"] == "4096"
            and int(row["footprint"]) >= MIB]


def draw_bytes(rows):
    picture = Picture(900, 470, "Bytes of page tables over the memory that is mapped, dense and sparse, both logarithmic")
    for place, (space, title) in enumerate((("dense", "Dense: adjacent pages of 4 KiB"),
                                            ("sparse", "Sparse: pages at random in 64 TiB"))):
        left = 80 + 450 * place
        panel = LinePanel(picture, (left, 50, left + 250, 415), (MIB, TIB), (16 << 10, TIB))
        panel.axes(title, 64)
        panel.draw([(colour, name, "", curve(rows, space, organisation)) for organisation, (colour, name) in NAMES.items()
                    if organisation != "x86-64-la57"])
        picture.text(left + 125, 455, "memory mapped", "soft", "middle")
    return picture.svg()


def draw_programs(rows):
    picture = Picture(900, 430, "Cost of translation of six programs by organisation of the page tables")
    for place, program in enumerate(PROGRAMS):
        left, top = 110 + place % 3 * 265, 40 + place // 3 * 225
        found = {row["organisation"]: 100 * float(row["cost_share"]) for row in rows
                 if row["program"] == program and row["page"] == "4K"}
        bars = [(colour, name, [found[organisation]]) for organisation, (colour, name) in NAMES.items()]
        panel = BarPanel(picture, left, top, left + 255)
        panel.draw(f"{program}, % of all cycles", bars, max(found.values()), lambda value: f"{value:.1f}", place % 3 == 0)
    return picture.svg()


def draw_cold(rows):
    picture = Picture(900, 430, "Latency of a walk in cycles from warm and cold caches, by organisation of the page tables")
    for place, (state, title) in enumerate(STATES):
        left, top = 110 + place % 2 * 400, 40 + place // 2 * 225
        found = {row["organisation"]: float(row["walk_cycles"]) for row in rows if row["state"] == state}
        bars = [(colour, name, [found[organisation]]) for organisation, (colour, name) in NAMES.items()]
        panel = BarPanel(picture, left, top, left + 380)
        panel.draw(f"{title}: cycles a walk", bars, max(found.values()), lambda value: f"{value:,.0f}", place % 2 == 0)
    return picture.svg()
