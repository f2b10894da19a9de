"""The tables of docs/flat-or-tree-or-hash.md that are made of the CSV files."""

from pictures import NAMES, PROGRAMS, STATES

ORGANISATIONS = list(NAMES)


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def sized(count):
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.3g} {unit}" if value < 1000 else f"{value:.0f} {unit}"
        value /= 1024
    raise ValueError(count)


def percent(row, name):
    return f"{100 * float(row[name]):.1f}"


def of_programs(rows, page, name):
    known = {(row["organisation"], row["program"]): row for row in rows if row["page"] == page}
    return markdown(["organisation", *PROGRAMS],
                    [[f"`{one}`", *(percent(known[one, program], name) for program in PROGRAMS)]
                     for one in ORGANISATIONS if (one, PROGRAMS[0]) in known])


def of_bytes(rows, space, page, footprints):
    known = {(row["organisation"], int(row["footprint"])): row for row in rows
             if row["space"] == space and row["page"] == str(page)}
    modes = list(dict.fromkeys(organisation for organisation, _ in known))

    def cell(mode, footprint):
        row = known.get((mode, footprint))
        return "" if row is None else sized(row["bytes"]) + ("" if row["how"] == "counted" else "*")
    return markdown(["mode", *(sized(footprint) for footprint in footprints)],
                    [[f"`{mode}`", *(cell(mode, footprint) for footprint in footprints)] for mode in modes])


def of_processes(rows):
    known = {(row["organisation"], row["processes"], row["slice"]): row for row in rows}
    runs = [("1", "100000"), ("100", "100000"), ("100", "20000")]
    head = ["organisation", "tables, 1", "tables, 100", "cost, 1", "cost, 100", "cost, 100, short slices",
            "table lines in L2, 1", "100, short slices"]
    return markdown(head, [[f"`{one}`", *(sized(known[(one, *run)]["table_bytes"]) for run in runs[:2]),
                            *(percent(known[(one, *run)], "cost_share") for run in runs),
                            *(percent(known[(one, *run)], "l2_table_share") for run in (runs[0], runs[2]))]
                           for one in ORGANISATIONS])


def of_states(rows):
    known = {(row["organisation"], row["state"]): row for row in rows}
    return markdown(["organisation", *(title for _, title in STATES), "reads, first walk"],
                    [[f"`{one}`", *(f"{float(known[one, state]['walk_cycles']):,.0f}" for state, _ in STATES),
                      f"{float(known[one, 'first walk']['reads_per_walk']):.0f}"] for one in ORGANISATIONS])


def of_footprints(rows):
    known = {(row["organisation"], row["footprint"]): row for row in rows}
    footprints = list(dict.fromkeys(row["footprint"] for row in rows))
    return markdown(["organisation", *(f"{footprint[:-1]} {footprint[-1]}iB" for footprint in footprints)],
                    [[f"`{one}`", *(f"{float(known[one, footprint]['walk_cycles']):,.0f}" for footprint in footprints)]
                     for one in ORGANISATIONS])


def all_tables(read):
    growth = [1 << shift for shift in (20, 24, 28, 34, 40)]
    return [of_programs(read("programs"), "4K", "cost_share"), of_programs(read("programs"), "2M", "cost_share"),
            of_programs(read("programs"), "4K", "l2_table_share"), of_states(read("cold")),
            of_processes(read("processes")), of_footprints(read("footprints")),
            of_bytes(read("bytes"), "dense", 4096, growth), of_bytes(read("bytes"), "dense", 2 << 20, growth[1:]),
            of_bytes(read("bytes"), "sparse", 4096, growth)]
