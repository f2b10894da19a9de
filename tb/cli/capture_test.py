"""Captures of programs that the tests compile or that every system has.

    python3 tb/cli/capture_test.py TABLEWALK
"""

import json
import os
import signal
import subprocess
import time
import unittest

import program
from program import ProgramTest, main

# The forked child stores 3000 single bytes into an array whose address is printed; the other executes `true`.
FORKS = r"""
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>
volatile char bytes[3000];
int main(void) {
  printf("%p\n", (void*)bytes);
  fflush(stdout);
  if (fork() == 0) { for (int i = 0; i < 3000; ++i) bytes[i] = 1; _exit(0); }
  wait(0);
  if (fork() == 0) { execl("/bin/true", "true", (char*)0); _exit(1); }
  wait(0);
  return 7;
}
"""

# Generates code where the loader had something else: mov rdi, [rdi]; mov rax, [rdi]; ret.
MAKES_CODE = r"""
#include <sys/mman.h>
#include <string.h>
int main(void) {
  static const unsigned char made[] = {0x48, 0x8b, 0x3f, 0x48, 0x8b, 0x07, 0xc3};
  unsigned char* code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* data[1] = {data};
  for (int i = 0; i < 200; ++i) {
    memcpy(code + 8 * i, made, sizeof made);
    for (int k = 0; k < 100; ++k) data[0] = ((void* (*)(void*))(code + 8 * i))(data);
  }
  return 0;
}
"""

# A thread that is joined.
TWO_THREADS = r"""
#include <pthread.h>
static void* work(void* p) { for (int i = 0; i < 3000; ++i) ((volatile char*)p)[i] = 1; return 0; }
int main(void) {
  static char bytes[3000];
  pthread_t thread;
  pthread_create(&thread, 0, work, bytes);
  pthread_join(thread, 0);
  return 0;
}
"""

# Maps three pages, keeps the right to read one and unmaps another; prints both.
MAPS = r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
int main(void) {
  char* pages = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char* heap = malloc(1000);
  pages[0] = pages[4096] = pages[8192] = heap[5] = 1;
  mprotect(pages, 4096, PROT_READ);
  munmap(pages + 4096, 4096);
  printf("%p %p\n", (void*)pages, (void*)(pages + 4096));
  return pages[0] + pages[8192] - 2;
}
"""

# Maps a page to keep, one that goes before the fork and one that the child maps again; then executes `true`. The parent
# changes its rights to the first one meanwhile.
FORKS_MAPPED = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>
volatile char here;
int main(void) {
  char* pages = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char* heap = malloc(1000);
  pages[0] = pages[8192] = heap[0] = 1;
  munmap(pages + 4096, 8192);
  printf("%p %p %p %p\n", (void*)pages, (void*)(pages + 4096), (void*)(pages + 8192), (void*)&here);
  fflush(stdout);
  int ready[2];
  char byte = 0;
  if (pipe(ready)) return 1;
  if (fork() == 0) {
    read(ready[0], &byte, 1);
    mmap(pages + 8192, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    for (int i = 0; i < 2000; ++i) pages[i] = pages[8192 + i] = heap[i % 1000] = here = 2;
    free(malloc(300000));
    _exit(0);
  }
  mprotect(pages, 4096, PROT_READ);
  write(ready[1], &byte, 1);
  wait(0);
  if (fork() == 0) { execl("/bin/true", "true", (char*)0); _exit(1); }
  wait(0);
  return pages[0] - 1;
}
"""

# Prints an address and stores to it.
STRAYS = r"""
#include <stdio.h>
int main(void) {
  volatile int* stray = (int*)0x123450;
  printf("%p\n", (void*)stray);
  fflush(stdout);
  *stray = 1;
  return 0;
}
"""

# A parent and a child that run until a signal ends them.
SPINS = r"""
#include <unistd.h>
volatile int x;
int main(void) { fork(); for (;;) ++x; }
"""


def running_with(mark):
    """The processes whose arguments contain `mark`."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(name))
        except (OSError, ValueError):
            pass
    return found


class CaptureTest(ProgramTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("tmp"))
        self.environment = dict(os.environ, TMPDIR=self.path("tmp"))

    def compile(self, source, *options):
        self.write("p.c", source)
        compiled = subprocess.run(["gcc", "-O1", *options, "-o", "p", "p.c"], cwd=self.folder, check=False)
        self.assertEqual(compiled.returncode, 0)

    def start(self, *arguments):
        process = subprocess.Popen([program.PROGRAM, "trace", "capture", *arguments], cwd=self.folder, text=True,
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def capture(self, *arguments, code=0):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, errors)
        self.assert_nothing_temporary()
        return output, errors

    def assert_nothing_temporary(self):
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])

    def records(self, name):
        return [line.split() for line in self.output("trace", "convert", name, "-").splitlines() if line[0] != "#"]


class Children(CaptureTest):
    def test_each_process_has_a_trace_in_a_space_of_its_own(self):
        self.compile(FORKS)
        output, errors = self.capture("-o", "a.twt", "--children", "apart", "--", "./p")
        self.assertIn("3 processes", errors)
        self.assertIn("exit status 7", errors)
        first = int(output.split()[0], 16)
        stores = []
        for space, name in enumerate(("a.twt", "a.process2.twt", "a.process3.twt")):
            records = self.records(name)
            self.assertGreater(len(records), 5000)
            self.assertEqual({[f for f in r if f[0] == "@"][0] if space else "" for r in records},
                             {f"@{space}" if space else ""})
            stores.append(sum(r[0] == "W" and r[2] == "1" and first <= int(r[1], 16) < first + 3000 for r in records))
        self.assertEqual(stores, [0, 3000, 0])
        self.assertFalse(os.path.exists(self.path("a.process4.twt")))
        self.assertIn("process 2", self.json("trace", "info", "a.process2.twt")["provenance"])

    def test_limits_are_of_each_process_and_threads_can_be_apart(self):
        self.compile(FORKS)
        whole = self.records_of("--children", "apart", "--no-dependences")
        part = self.records_of("--children", "apart", "--no-dependences", "--threads", "apart", "--skip", "1000", "--limit", "2000")
        self.assertEqual(part, [records[1000:3000] for records in whole])

    def records_of(self, *options):
        self.capture("-o", "b.txt", *options, "--", "./p")
        thread = ".thread1" if "--threads" in options else ""
        return [self.records(f"b{process}{thread}.txt") for process in ("", ".process2", ".process3")]

    def test_a_process_that_leaves_nothing_to_keep_is_named(self):
        self.compile(FORKS)
        _, errors = self.capture("-o", "c.twt", "--children", "apart", "--skip", "50K", "--", "./p")
        self.assertIn("process 2 has no accesses left", errors)
        self.assertFalse(os.path.exists(self.path("c.process2.twt")))
        self.assertTrue(os.path.exists(self.path("c.process3.twt")))

    def spin(self):
        self.compile(SPINS)
        process = self.start("-o", "s.twt", "--children", "apart", "--", "./p")
        end = time.monotonic() + 30
        while True:
            folders = os.listdir(self.path("tmp"))
            logs = [os.path.join(self.path("tmp"), folder, log) for folder in folders if "tablewalk" in folder
                    for log in os.listdir(self.path("tmp/" + folder))]
            if len(logs) == 2 and min(os.path.getsize(log) for log in logs) > 1_000_000:
                return process
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_interrupts_end_all_processes_and_leave_whole_traces(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.spin()
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
            with self.subTest(signal=number, errors=errors):
                self.assertEqual(process.returncode, 0)
                self.assertIn("interrupted", errors)
                self.assertEqual(running_with(self.folder), [])
                self.assert_nothing_temporary()
                for name in ("s.twt", "s.process2.twt"):
                    self.assertGreater(self.json("trace", "info", name)["records"], 50_000)

    def test_nothing_is_left_when_the_capture_is_killed(self):
        process = self.spin()
        process.kill()
        process.communicate(timeout=30)
        end = time.monotonic() + 20
        while running_with(self.folder) or any("tablewalk" in name for name in os.listdir(self.path("tmp"))):
            self.assertLess(time.monotonic(), end, "processes of the capture are still running")
            time.sleep(0.02)

    def test_what_cannot_be_run_leaves_nothing(self):
        self.write("none", "#!/no/such/interpreter\n")
        os.chmod(self.path("none"), 0o755)
        _, errors = self.capture("-o", "n.twt", "--children", "apart", "--", "./none", code=2)
        self.assertIn("tablewalk: ./none: could not be run under Valgrind", errors)
        self.assertFalse(os.path.exists(self.path("n.twt")))
        self.assert_refused(["trace", "capture", "-o", "x.twt", "--children", "apat", "--", "true"],
                            "--children apat: expected silent or apart (did you mean 'apart'?)")


class Threads(CaptureTest):
    def test_they_can_be_marked_in_one_trace(self):
        self.compile(TWO_THREADS, "-pthread")
        _, errors = self.capture("-o", "m.twt", "--threads", "marked", "--", "./p")
        self.assertNotIn("threads", errors)
        info = self.json("trace", "info", "m.twt")
        self.assertEqual([one["thread"] for one in info["thread_records"]], [1, 2])
        self.assertEqual(info["records"], info["thread_events"] + sum(one["records"] for one in info["thread_records"]))
        self.assertEqual(self.records("m.twt")[0], ["thread", "1"])
        _, errors = self.capture("-o", "x.twt", "--", "./p")
        self.assertIn("note: 2 threads are in the trace", errors)

    def test_of_each_process(self):
        self.compile(FORKS)
        self.capture("-o", "a.txt", "--children", "apart", "--threads", "marked", "--limit", "1000", "--", "./p")
        for space, name in enumerate(("a.txt", "a.process2.txt", "a.process3.txt")):
            records = self.records(name)
            self.assertEqual((len(records), records[0]), (1001, ["thread", "1"]))
            self.assertTrue(all(f"@{space}" in record for record in records[1:]) or space == 0)

    def test_a_wrong_word_names_the_right_ones(self):
        self.assert_refused(["trace", "capture", "-o", "x.twt", "--threads", "markd", "--", "true"],
                            "--threads markd: expected mixed, apart or marked (did you mean 'marked'?)")


class Layouts(CaptureTest):
    def test_a_program_is_within_its_regions(self):
        self.compile(MAPS)
        output, _ = self.capture("-o", "m.twt", "--", "./p")
        info = self.json("trace", "info", "m.twt")
        self.assertEqual(info["layout"]["violations"], 0)
        labels = [region["label"] for region in info["layout"]["regions"]]
        self.assertIn(self.path("p"), [os.path.realpath(label) for label in labels])
        self.assertIn("[heap]", labels)
        self.assertIn("[stack]", labels)
        kept, gone = (int(word, 16) for word in output.split())
        at = {region["first"]: region["rights"] for region in info["layout"]["regions"]}
        self.assertEqual(at[kept], "r--u")
        self.assertFalse(any(r["first"] <= gone <= r["last"] for r in info["layout"]["regions"]))
        text = self.output("trace", "info", "m.twt")
        self.assertIn("every access is within its rights", text)
        self.assertIn("layout_violations,0\n", self.output("trace", "info", "m.twt", "--format", "csv"))
        lines = [line for line in self.output("trace", "convert", "m.twt", "-").splitlines() if "# layout: " in line]
        self.assertEqual(len(lines), 1 + info["layout"]["changes"])

    def test_a_stray_access_is_found(self):
        self.compile(MAPS)
        self.capture("-o", "m.twt", "--", "./p")
        lines = self.output("trace", "convert", "m.twt", "-").splitlines()
        end = max(i for i, line in enumerate(lines) if " rw-u : [heap]" in line)
        reserve = lines[end].split()
        behind = int(reserve[3], 16) + int(reserve[4], 16)
        self.write("stray.txt", "\n".join([*lines[:end + 1], f"W {behind + 16:#x} 8", *lines[end + 1:]]) + "\n")
        layout = self.json("trace", "info", "stray.txt")["layout"]
        self.assertEqual(layout["violations"], 1)
        self.assertEqual(layout["first_violation"]["text"],
                         f"SIGSEGV (SEGV_MAPERR): the store of 8 bytes at {behind + 16:#x}, 0x10 bytes behind [heap]")
        record = layout["first_violation"]["record"]
        self.assertEqual(record, sum(line[0] != "#" for line in lines[:end + 1]) + 1)
        self.assertIn(f"1 access is not within their rights; the first, record {record:,}: SIGSEGV", self.output("trace", "info", "stray.txt"))

    def test_a_program_that_ends_by_an_access_is_told(self):
        self.compile(STRAYS)
        output, errors = self.capture("-o", "s.twt", "--", "./p")
        self.assertRegex(errors, r"note: ./p ended by SIGSEGV: Access not within mapped region at address "
                                 f"0x{int(output, 16):X}, at 0x[0-9A-F]+: main .*; Lackey does not print this access")

    def test_each_process_has_its_own(self):
        self.compile(FORKS_MAPPED)
        output, errors = self.capture("-o", "f.twt", "--children", "apart", "--", "./p")
        self.assertNotIn("has no layout", errors)
        kept, gone, given, program = (int(word, 16) for word in output.split())
        last = {}
        for space, name in enumerate(("f.twt", "f.process2.twt", "f.process3.twt")):
            layout = self.json("trace", "info", name)["layout"]
            self.assertEqual(layout["violations"], 0, (name, layout))
            last[name] = layout["regions"]
            lines = [line for line in self.output("trace", "convert", name, "-").splitlines() if "# layout: " in line]
            self.assertEqual(all(f" @{space} " in line for line in lines[1:]), space != 0)
        at = {name: [r["rights"] for where in (kept, gone, given) for r in regions if r["first"] <= where <= r["last"]]
              for name, regions in last.items()}
        self.assertEqual(at["f.twt"], ["r--u"], "the child's calls are not the parent's")
        self.assertEqual(at["f.process2.twt"], ["rw-u"] * 2, "as at the fork, and what the child has mapped there")
        for name in ("f.twt", "f.process2.twt"):
            self.assertTrue(any(r["first"] <= program <= r["last"] for r in last[name]))
        labels = [[region["label"] for region in last[name]] for name in ("f.process2.twt", "f.process3.twt")]
        self.assertEqual([any("/p" == label[-2:] for label in its) for its in labels], [True, False])
        self.assertEqual([any("bin/true" in label for label in its) for its in labels], [False, True])
        self.assertIn("[heap]", labels[0])
        stopped = self.json("run", "f.process2.twt", "--set", "os.prefault=false", "--faults", "stop", "--no-cost")
        self.assertGreater(stopped["stats"]["kernel.zero_faults"], 0)

    def test_a_fork_behind_the_limit_is_found(self):
        self.compile(FORKS_MAPPED)
        self.capture("-o", "l.twt", "--children", "apart", "--limit", "1000", "--", "./p")
        info = self.json("trace", "info", "l.process2.twt")
        self.assertEqual((info["records"], info["layout"]["violations"]), (1000, 0))
        lines = self.output("trace", "convert", "l.process2.twt", "-").splitlines()
        start = lines[:next(i for i, line in enumerate(lines) if line[0] != "#")]
        self.assertTrue(any(" @1 unmap " in line for line in start), "what its parent's log says, behind record 1000")

    def test_they_can_be_left_out(self):
        for options in (["--no-layout"], ["--no-layout", "--children", "apart"]):
            _, errors = self.capture("-o", "t.twt", *options, "--", "true")
            self.assertNotIn("layout", self.json("trace", "info", "t.twt"))
            self.assertNotIn("layout", errors)


class Dependences(CaptureTest):
    def test_the_summary_says_what_is_known_of_the_addresses(self):
        _, errors = self.capture("-o", "t.twt", "--", "true")
        self.assertRegex(errors, r"addresses of the [\d,]+ loads: [\d.]+ % depend on an earlier load, [\d.]+ % on none, "
                                 r"0\.\d\d % are unknown \(taken as none\)\n")
        _, errors = self.capture("-o", "t.twt", "--format", "json", "--", "true")
        said = json.loads(errors)
        self.assertEqual(said["loads"], said["loads_from_loads"] + said["loads_from_none"] + said["loads_unknown"])
        self.assertGreater(said["loads_from_loads"], 1000)
        self.assertGreater(said["instructions"], 100 * said["instructions_unknown"])
        info = self.json("trace", "info", "t.twt")
        self.assertIn("dependences by Capstone", info["provenance"])
        result = self.run_program("run", "t.twt")
        self.assertNotIn("not in the trace", result.stdout)

    def test_code_made_at_run_time_is_read_from_memory(self):
        self.compile(MAKES_CODE)
        _, errors = self.capture("-o", "m.twt", "--format", "json", "--", "./p")
        said = json.loads(errors)
        self.assertEqual(said["loads_unknown"], 0)
        self.assertGreater(said["loads_from_loads"], 20_000)

    def test_they_can_be_left_out(self):
        _, errors = self.capture("-o", "t.twt", "--no-dependences", "--", "true")
        self.assertNotIn("addresses of", errors)
        self.assertIn("not in the trace", self.run_program("run", "t.twt").stdout)


if __name__ == "__main__":
    main()
