"""The timeline of a run, read by a decoder of its own, against the figures of the run; and as a database for Daisen,
against the same timeline.

    python3 tb/cli/timeline_test.py TABLEWALK
"""

import collections
import contextlib
import gzip
import os
import resource
import sqlite3
import struct
import subprocess

import program
from program import ProgramTest, main, trace

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """[(field, value)] of a message of protocol buffers; values of length-delimited fields are bytes."""
    at = 0
    found = []
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value = struct.unpack_from("<Q", data, at)[0]
            at += 8
        elif kind == 2:
            size, at = varint(data, at)
            value = data[at:at + size]
            assert len(value) == size, "cut within a field"
            at += size
        else:
            raise AssertionError(f"wire type {kind}")
        found.append((tag >> 3, value))
    return found


class Slice:
    def __init__(self, track, begin, name, notes, flows, depth):
        self.track, self.begin, self.name, self.notes, self.flows, self.depth = track, begin, name, notes, flows, depth
        self.end = None
        self.parts = []

    @property
    def cycles(self):
        return self.end - self.begin


class Timeline:
    """The tracks, slices and counters of a file; raises AssertionError where Perfetto would drop or misread something."""

    def __init__(self, data):
        self.tracks = {}  # uuid: (name, parent)
        self.processes = {}
        self.slices = []
        self.instants = []  # (track, time, name)
        self.counts = collections.defaultdict(list)  # track: [(time, value)]
        self.open = collections.defaultdict(list)
        self.last = collections.defaultdict(int)
        self.names = {}
        self.note_names = {}
        started = False
        for number, packet in fields(data):
            assert number == 1, "not a packet"
            parts = dict(fields(packet))
            assert parts[10] == 1, "sequence"
            if 60 in parts:
                self.add_track(dict(fields(parts[60])))
                continue
            assert parts[13] == (2 if started else 3), "state of the sequence"
            started = True
            if 12 in parts:
                self.intern(fields(parts[12]))
            self.add_event(parts[8], fields(parts[11]))
        assert not any(self.open.values()), "a slice does not end"

    def add_track(self, track):
        assert track[1] not in self.tracks, "declared twice"
        if 3 in track:
            process = dict(fields(track[3]))
            self.processes[track[1]] = process[6].decode()
            self.tracks[track[1]] = (process[6].decode(), None)
        else:
            assert track[5] in self.tracks, "the parent is unknown"
            self.tracks[track[1]] = (track[2].decode(), track[5])

    def intern(self, declared):
        for kind, entry in declared:
            entry = dict(fields(entry))
            names = {2: self.names, 3: self.note_names}[kind]
            assert entry[1] not in names
            names[entry[1]] = entry[2].decode()

    def add_event(self, time, event):
        parts = dict(event)
        track = parts[11]
        assert track in self.tracks, "the track is unknown"
        assert time >= self.last[track], "time runs backwards on " + self.tracks[track][0]
        self.last[track] = time
        open_here = self.open[track]
        if parts[9] == BEGIN:
            new = Slice(track, time, self.names[parts[10]], self.notes(event), [v for f, v in event if f == 47],
                        len(open_here))
            if open_here:
                open_here[-1].parts.append(new)
            open_here.append(new)
            self.slices.append(new)
        elif parts[9] == END:
            open_here.pop().end = time
        elif parts[9] == INSTANT:
            self.instants.append((track, time, self.names[parts[10]]))
        else:
            assert parts[9] == COUNTER
            self.counts[track].append((time, parts[30]))

    def notes(self, event):
        found = {}
        for field, value in event:
            if field == 4:
                note = dict(fields(value))
                text = note.get(6)
                found[self.note_names[note[1]]] = text.decode() if text is not None else note.get(3, note.get(7))
        return found

    def group(self, track):
        """The name of the module's track above a lane."""
        return self.tracks[self.tracks[track][1]][0]

    def of(self, group, since=0):
        """The outermost slices of that module."""
        return [s for s in self.slices if self.group(s.track) == group and s.depth == 0 and s.begin >= since]

    def named(self, name, since=0):
        return [s for s in self.slices if s.name == name and s.begin >= since]

    def start(self):
        return max([time for _, time, name in self.instants if name == "statistics start"], default=0)


def total(stats, distribution, of):
    """The sum of a distribution, whose mean is over `of` values."""
    return round(stats[distribution + ".mean"] * stats[of])


class TimelineTest(ProgramTest):
    def timeline(self, *arguments, file="run.pftrace"):
        """The timeline and the figures of a run."""
        result = self.json("run", *arguments, "--no-cost", "--timeline", file)
        opened = gzip.open if file.endswith(".gz") else open
        with opened(self.path(file), "rb") as data:
            return Timeline(data.read()), result["stats"]

    def check_walks(self, found, stats, since=0):
        walks = found.named("walk", since)
        self.assertEqual(len(walks), stats["walker.walks"])
        self.assertGreater(len(walks), 0)
        self.assertEqual(sum(w.cycles for w in walks), total(stats, "walker.latency_cycles", "walker.walks"))
        waits = [p for w in walks for p in w.parts if p.name == "wait for a walker"]
        self.assertEqual(sum(w.cycles for w in waits), total(stats, "walker.queue_cycles", "walker.walks"))
        reads = collections.Counter(sum(p.name.startswith("read level") for p in w.parts) for w in walks)
        self.assertEqual(sum(count * n for count, n in reads.items()), total(stats, "walker.reads", "walker.walks"))
        self.assertEqual(max(reads), stats["walker.reads.max"])
        levels = collections.Counter(p.name for w in walks for p in w.parts if p.name.startswith("read level"))
        for level, count in levels.items():
            self.assertEqual(count, stats[f"walker.level{level.split()[-1]}.reads"])
        places = collections.Counter(p.notes["served by"] for w in walks for p in w.parts if "served by" in p.notes and
                                     p.name.startswith("read"))
        for place, count in places.items():
            self.assertEqual(count, stats["walker.served_by." + place])
        return walks

    def check_flows(self, found, walks):
        """Everything of a walk has its flow: the translation that waits, the TLBs, the caches and the DRAM."""
        by_flow = collections.defaultdict(list)
        for one in found.slices:
            for flow in one.flows:
                by_flow[flow].append(one)
        translations = {f for s in found.named("translation") for f in s.flows}
        reads_of = collections.defaultdict(list)
        for one in found.slices:
            if "bank" in found.group(one.track) and one.name != "write accepted":
                reads_of[one.notes["address"] // 64].append(one)
        for walk in walks:
            [flow] = walk.flows
            self.assertIn(flow, translations)
            same = by_flow[flow]
            whole = next(s for s in same if s.name == "translation")
            for one in same:
                self.assertTrue(whole.begin <= one.begin <= one.end <= whole.end or "miss" not in one.name, one.name)
            in_dram = [p for p in walk.parts if p.notes.get("served by") == "dram"]
            banks = [s for s in same if "bank" in found.group(s.track)]
            addresses = {s.notes["address"] // 64 for s in banks}
            for part in in_dram:
                line = part.notes["address"] // 64
                # An entry of a line that was being fetched for something else has no read of its own.
                if line not in addresses:
                    self.assertTrue(any(part.begin <= read.end <= part.end for read in reads_of[line]), part.notes)
            for bank in banks:
                self.assertIn(bank.notes["address"] // 64, {p.notes["address"] // 64 for p in walk.parts
                                                            if "address" in p.notes})
        return by_flow

    def test_the_events_are_those_of_the_figures(self):
        self.output("trace", "generate", "uniform", "-o", "u.twt", "--footprint", "1G", "--count", "1000")
        for machine in (["-c", "skylake"], [], ["--set", "core.blocking=true"], ["-c", "skylake", "--set",
                                                                                    "walker.walkers=1"]):
            with self.subTest(machine=machine):
                found, stats = self.timeline("u.twt", *machine)
                walks = self.check_walks(found, stats)
                by_flow = self.check_flows(found, walks)
                table_reads = [s for s in found.slices if "bank" in found.group(s.track) and s.flows]
                self.assertEqual(len(table_reads), stats["dram.table_reads"])
                self.assertTrue(all(s.flows[0] in by_flow for s in table_reads))
                for tlb in ("dtlb", "itlb", "stlb"):
                    self.assertEqual(len(found.of(tlb)), stats.get(tlb + ".sent_down", 0))
                for cache in ("l1d", "l1i", "l2", "llc"):
                    self.assertEqual(len(found.of(cache)), stats.get(cache + ".fills", 0))
                banks = [s for s in found.slices if "bank" in found.group(s.track)]
                reads = [s for s in banks if s.name != "write accepted"]
                self.assertEqual(len(reads), stats["dram.reads"])
                self.assertEqual(sum(s.cycles for s in reads), total(stats, "dram.latency_cycles", "dram.reads"))

    def test_misses_outstanding_are_counted(self):
        self.output("trace", "generate", "uniform", "-o", "u.twt", "--footprint", "1G", "--count", "1000")
        found, _ = self.timeline("u.twt", "-c", "skylake")
        for module in ("dtlb", "stlb", "l1d", "l2", "llc"):
            [counter] = [t for t, (name, _) in found.tracks.items() if name == module + " outstanding"]
            changes = collections.Counter()
            for one in found.of(module):
                changes[one.begin] += 1
                changes[one.end] -= 1
            value = 0
            shown = dict(found.counts[counter])  # the last of each cycle
            for time in sorted(changes):
                value += changes[time]
                self.assertEqual(shown[time], value, (module, time))
            self.assertEqual(value, 0)

    def test_a_warm_up_ends_with_a_mark(self):
        for cores in (1, 2):
            with self.subTest(cores=cores):
                traces = [trace("python3")] * cores
                found, stats = self.timeline(*traces, "--set", f"cores={cores}", "--warmup", "5000", "--limit", "100000")
                self.assertEqual(len([i for i in found.instants if i[2] == "statistics start"]), cores)
                self.check_walks(found, stats, found.start())

    def test_several_cores_have_groups_of_their_own(self):
        found, stats = self.timeline(trace("sort"), trace("python3"), "--set", "cores=2", "--limit", "5000")
        self.assertEqual(set(found.processes.values()), {"core 0", "core 1", "shared"})
        walks = self.check_walks(found, stats)
        self.check_flows(found, walks)
        for core in (0, 1):
            mine = [w for w in walks if w.notes["core"] == core]
            self.assertEqual(len(mine), stats[f"core{core}.walker.walks"])
            groups = {found.processes[found.tracks[found.tracks[w.track][1]][1]] for w in mine}
            self.assertEqual(groups, {f"core {core}"})

    def test_faults_and_invalidations(self):
        self.write("t.txt", "".join(f"W {0x100000 + 4096 * i:#x} 8\n" for i in range(50)))
        found, stats = self.timeline("t.txt", "--set", "os.prefault=false")
        self.check_walks(found, stats)

    def test_a_window(self):
        whole, _ = self.timeline(trace("python3"), "--limit", "20000")
        part, _ = self.timeline(trace("python3"), "--limit", "20000", "--timeline-from", "5000", "--timeline-cycles", "4K")
        kept = lambda found: sorted((found.group(s.track), s.begin, s.end, s.name, s.depth) for s in found.slices
                                    if s.depth == 0 and 5000 <= s.begin < 9000)
        self.assertEqual(kept(part), kept(whole))
        self.assertEqual(len(kept(part)), len([s for s in part.slices if s.depth == 0]))
        self.assertGreater(len(kept(part)), 10)

    def test_too_large_a_file_ends_with_a_note(self):
        command = ["run", trace("python3"), "--limit", "20000", "--no-cost", "--timeline", "run.pftrace",
                   "--timeline-size", "20K"]
        result = self.run_program(*command)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"run\.pftrace: ends in cycle \d+, where it had 20 KiB \(--timeline-size\)")
        with open(self.path("run.pftrace"), "rb") as file:
            data = file.read()
        self.assertLess(len(data), 24 << 10)
        cut = int(result.stderr.split("cycle ")[1].split(",")[0])
        self.assertTrue(all(s.begin <= cut + 10000 for s in Timeline(data).slices))

    def test_a_timeline_changes_no_figure(self):
        for machine in ([], ["-c", "skylake"], ["-c", "cva6"]):
            arguments = ["run", trace("sort"), "--limit", "20000", *machine]
            self.assertEqual(self.json(*arguments), self.json(*arguments, "--timeline", "t.pftrace"))

    def test_compressed(self):
        plain, _ = self.timeline(trace("sort"), "--limit", "5000")
        packed, _ = self.timeline(trace("sort"), "--limit", "5000", file="run.pftrace.gz")
        self.assertEqual(len(plain.slices), len(packed.slices))

    def test_memory_does_not_grow_with_the_trace(self):
        command = ["--no-cost", "--timeline", self.path("t.pftrace"), "--timeline-size", "1T"]
        few, many = (program.peak_kib("run", f"generated:uniform,count={count},footprint=16M", *command)
                     for count in ("20K", "100K"))
        self.assertGreater(os.path.getsize(self.path("t.pftrace")), 20 << 20)
        self.assertLess(many, few + 2048)

    def test_bad_options(self):
        good = ["run", "good.txt"]
        self.assert_refused([*good, "--timeline", "-"], "--timeline -", "expected a file name")
        self.assert_refused([*good, "--timeline", "none/t"], "none/t")
        self.assert_refused([*good, "--timeline", "good.txt"], "--timeline", "good.txt")
        self.assert_refused([*good, "--timeline-from", "5"], "--timeline-from without --timeline")
        self.assert_refused([*good, "--timeline-cycles", "5"], "--timeline-cycles without --timeline")
        self.assert_refused([*good, "--timeline-size", "5M"], "--timeline-size without --timeline")
        for size in ("0", "-1", "much"):
            self.assert_refused([*good, "--timeline", "t", "--timeline-size", size], f"--timeline-size {size}", "64M")
        for name in ("t.sqlite", "t.db", "t.sqlite3.gz"):
            self.assert_refused([*good, "--timeline", name], f"--timeline {name}", "ends in .sqlite3 for Daisen")


Task = collections.namedtuple("Task", "id parent kind what place begin end")


class Tasks:
    """A database of tasks, read by the queries of Daisen."""

    def __init__(self, path):
        with contextlib.closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            self.tasks = [Task(*row[:5], self.cycle(row[5]), self.cycle(row[6])) for row in database.execute(
                "SELECT t.ID, t.ParentID, t.Kind, t.What, loc.Locale, t.StartTime, t.EndTime FROM trace t "
                "JOIN location loc ON t.Location = loc.ID WHERE 1=1")]
            assert database.execute("SELECT COUNT(*) FROM trace").fetchone() == (len(self.tasks),), "a location is missing"
            self.milestones = collections.defaultdict(list)
            for task, time, kind, what in database.execute("SELECT TaskID, Time, Kind, What FROM milestone ORDER BY TaskID, Time"):
                self.milestones[task].append((self.cycle(time), kind, what))
            self.tags = collections.defaultdict(list)
            for task, time, what in database.execute("SELECT TaskID, Time, What FROM tag ORDER BY TaskID, Time"):
                self.tags[task].append((self.cycle(time), what))
            self.segments = [tuple(map(self.cycle, row)) for row in database.execute(
                'SELECT StartTime, EndTime FROM "daisen$segments" ORDER BY StartTime')]
        self.by_id = {task.id: task for task in self.tasks}
        assert len(self.by_id) == len(self.tasks), "an id is there twice"
        assert max(self.by_id) < 2**53, "JavaScript rounds the ids"

    @staticmethod
    def cycle(picoseconds):
        assert picoseconds % 1000 == 0
        return int(picoseconds) // 1000

    def of(self, place, kind="req_in"):
        return [task for task in self.tasks if task.place == f"{place}.{kind}"]

    def run(self):
        [run] = [task for task in self.tasks if task.kind == "Simulation"]
        assert run.parent == 0
        return run


class Daisen(ProgramTest):
    def both(self, *arguments):
        """The same run as tasks and as Perfetto's slices."""
        figures = [self.json("run", *arguments, "--no-cost", "--timeline", name) for name in ("t.sqlite3", "t.pftrace")]
        self.assertEqual(*figures)
        with open(self.path("t.pftrace"), "rb") as file:
            return Tasks(self.path("t.sqlite3")), Timeline(file.read())

    def same(self, tasks, slices):
        times = lambda events: sorted((one.begin, one.end) for one in events)
        self.assertEqual(times(tasks), times(slices))

    def check_walks(self, tasks, slices, place, walker):
        walks = tasks.of(place)
        self.same(walks, walker)
        self.assertGreater(len(walks), 0)
        reads = collections.defaultdict(list)
        for read in tasks.of(place, "req_out"):
            reads[read.parent].append((read.what, read.begin, read.end, *[tag for _, tag in tasks.tags[read.id][:2]]))
        found = sorted((w.begin, w.end, tasks.tags[w.id][0][1], sorted(reads[w.id])) for w in walks)
        expected = sorted((w.begin, w.end, f"va {w.notes['va']:#x}", sorted(
            (p.name, p.begin, p.end, f"address {p.notes['address']:#x}", "served by " + p.notes["served by"])
            for p in w.parts if "served by" in p.notes)) for w in walker)
        self.assertEqual(found, expected)
        waits = sorted(time for w in walks for time, kind, _ in tasks.milestones[w.id] if kind == "queue")
        self.assertEqual(waits, sorted(p.end for w in walker for p in w.parts if p.name == "wait for a walker"))
        for walk in walks:
            whole = tasks.by_id[walk.parent]
            self.assertTrue(whole.what.startswith("translation of a "))
            self.assertTrue(whole.begin <= walk.begin <= walk.end <= whole.end)

    def test_tasks_are_the_slices_of_perfetto(self):
        self.output("trace", "generate", "uniform", "-o", "u.twt", "--footprint", "1G", "--count", "1000")
        for machine in (["-c", "skylake"], ["--set", "core.blocking=true"], ["-c", "skylake", "--set", "walker.walkers=1"]):
            with self.subTest(machine=machine):
                tasks, slices = self.both("u.twt", *machine)
                self.check_walks(tasks, slices, "walker", slices.of("walker"))
                self.same(tasks.of("translations", "req_out"), slices.of("translations"))
                for module in ("itlb", "dtlb", "stlb", "l1i", "l1d", "l2", "llc"):
                    self.same(tasks.of(module, "req_out"), slices.of(module))
                banks = [task for task in tasks.tasks if task.place.startswith("dram.") and task.kind == "req_in"]
                in_banks = [s for s in slices.slices if "bank" in slices.group(s.track)]
                self.assertEqual(sorted((t.begin, t.end, t.what) for t in banks), sorted((s.begin, s.end, s.name) for s in in_banks))
                run = tasks.run()
                self.assertEqual((run.begin, run.end), (0, max(task.end for task in tasks.tasks)))
                self.assertEqual(tasks.segments, [(0, run.end)])
                for task in tasks.tasks:
                    self.assertTrue(task is run or task.parent in tasks.by_id, task)

    def test_several_cores_and_a_warm_up(self):
        tasks, slices = self.both(trace("sort"), trace("python3"), "--set", "cores=2", "--warmup", "1000", "--limit", "9000")
        for core in (0, 1):
            mine = [s for s in slices.of("walker") if s.notes["core"] == core]
            self.check_walks(tasks, slices, f"core{core}.walker", mine)
        marks = [tag for tag in tasks.tags[tasks.run().id] if tag[1] == "statistics start"]
        self.assertEqual(marks, [(slices.start(), "statistics start")])

    def test_a_window(self):
        tasks, slices = self.both(trace("python3"), "--limit", "20000", "--timeline-from", "5000", "--timeline-cycles", "4K")
        self.assertEqual(tasks.segments, [(5000, 9000)])
        self.same([task for task in tasks.tasks if task.place.startswith("dtlb")], slices.of("dtlb"))
        self.assertTrue(all(5000 <= task.begin < 9000 for task in tasks.tasks if task.kind == "req_in"))

    def test_too_large_a_file_ends_with_a_note(self):
        result = self.run_program("run", trace("python3"), "--limit", "20000", "--no-cost", "--timeline", "t.sqlite3",
                                  "--timeline-size", "60K")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"t\.sqlite3: ends in cycle \d+, where it had 60 KiB \(--timeline-size\)")
        self.assertLess(os.path.getsize(self.path("t.sqlite3")), 80 << 10)
        cut = int(result.stderr.split("cycle ")[1].split(",")[0])
        self.assertEqual(Tasks(self.path("t.sqlite3")).segments, [(0, cut)])

    def test_a_file_is_whole_or_not_there(self):
        before = sorted(os.listdir(self.folder))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
        failed = subprocess.run([program.PROGRAM, "run", trace("python3"), "--no-cost", "--timeline", "t.sqlite3"], cwd=self.folder,
                                preexec_fn=limit, restore_signals=False, capture_output=True, text=True, check=False)
        self.assertEqual((failed.returncode, failed.stdout, len(failed.stderr.splitlines())), (2, "", 1), failed.stderr)
        self.assertIn("t.sqlite3: cannot write: ", failed.stderr)
        self.write("late.txt", "R 0x1000 8\n" * 50 + "nonsense\n")
        self.assertEqual(self.run_program("run", "late.txt", "--timeline", "t.sqlite3").returncode, 2)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted([*before, "late.txt"]))
        self.assert_refused(["run", "good.txt", "--timeline", "none/t.sqlite3"], "none/t.sqlite3: cannot write")

    def test_memory_does_not_grow_with_the_trace(self):
        command = ["--no-cost", "--timeline", self.path("t.sqlite3"), "--timeline-size", "1T"]
        few, many = (program.peak_kib("run", f"generated:uniform,count={count},footprint=16M", *command) for count in ("20K", "100K"))
        self.assertGreater(os.path.getsize(self.path("t.sqlite3")), 20 << 20)
        self.assertLess(many, few + 2048)


if __name__ == "__main__":
    main()
