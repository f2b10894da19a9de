"""The measurements and pictures of docs/flat-or-tree-or-hash.md.

    python3 -B docs/organisations/measure.py build/release/tablewalk            measures all (half an hour), and draws
    python3 -B docs/organisations/measure.py build/release/tablewalk --only cold    one of them, and draws
    python3 -B docs/organisations/measure.py build/release/tablewalk --draw     draws from the CSV files
    python3 -B docs/organisations/measure.py build/release/tablewalk --tables   prints the tables of the document
    python3 -B docs/organisations/measure.py build/release/tablewalk --check    status 1 if pictures or tables are not
                                                                                those of the CSV files, or if the bytes
                                                                                are not those that the program counts

Each measurement is a CSV file beside this one.
"""

import argparse
import csv
import io
import os
import sys

import experiments
import pictures
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(os.path.dirname(HERE), "flat-or-tree-or-hash.md")

PICTURES = {"bytes.svg": ("bytes", pictures.draw_bytes), "programs.svg": ("programs", pictures.draw_programs),
            "cold.svg": ("cold", pictures.draw_cold)}


def place(name):
    return os.path.join(HERE, name)


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(name):
    with open(place(f"{name}.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name, text):
    with open(place(name), "w", encoding="utf-8") as file:
        file.write(text)


def wrong(run):
    """What is not as it would be made now."""
    for name, (source, draw) in PICTURES.items():
        with open(place(name), encoding="utf-8") as file:
            if file.read() != draw(read(source)):
                yield f"{name}: not what {source}.csv draws: run measure.py --draw"
    with open(DOCUMENT, encoding="utf-8") as file:
        document = file.read()
    for table in tables.all_tables(read):
        if table not in document:
            yield f"{os.path.basename(DOCUMENT)}: lacks this table (measure.py --tables):\n{table}"
    known = {tuple(row[key] for key in ("organisation", "page", "space", "footprint")): row["bytes"] for row in read("bytes")}
    for row in experiments.dense_bytes(run):
        key = tuple(str(row[key]) for key in ("organisation", "page", "space", "footprint"))
        if known.get(key) != str(row["bytes"]):
            yield f"bytes.csv: {key}: {known.get(key)}; the program counts {row['bytes']}"


def main():
    parser = argparse.ArgumentParser(description="Measurements of docs/flat-or-tree-or-hash.md")
    parser.add_argument("tablewalk")
    parser.add_argument("--only", choices=list(experiments.ALL))
    for flag in ("draw", "tables", "check"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    run = experiments.Program(options.tablewalk)
    if options.check:
        problems = list(wrong(run))
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1 if problems else 0
    if options.tables:
        print("\n\n".join(tables.all_tables(read)))
        return 0
    if not options.draw:
        for name in [options.only] if options.only else list(experiments.ALL):
            write(f"{name}.csv", as_csv(experiments.ALL[name](run)))
            print(f"{name}.csv", flush=True)
    for name, (source, draw) in PICTURES.items():
        write(name, draw(read(source)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
