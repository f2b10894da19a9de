#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "trace/dependence_follower.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// How the threads of a program are recorded.
enum class CapturedThreads : std::uint8_t {
  Mixed,   ///< one trace, in the order in which Valgrind ran them, as one core would see them
  Apart,   ///< one trace per thread
  Marked,  ///< as Mixed, with Thread events with Valgrind's thread numbers; the main thread is 1
};

/// How child processes are handled.
enum class CapturedChildren : std::uint8_t {
  Silent,  ///< not traced: Lackey would mix their accesses without a mark
  Apart,   ///< one trace per process, in its own address space; the logs take space in TMPDIR until the end
};

/// A run of a program under Valgrind's Lackey, recorded as a trace.
struct CaptureConfig {
  std::vector<std::string> command;  ///< the program (looked up in PATH) and its arguments
  std::string output;                ///< a name ending in .twt or .txt
  std::uint64_t skip = 0;   ///< accesses of each process, over all threads, skipped before the first one recorded
  std::uint64_t limit = 0;  ///< maximum accesses recorded per process; 0 is all. A single process is then ended
  CapturedThreads threads = CapturedThreads::Mixed;
  CapturedChildren children = CapturedChildren::Silent;
  bool layout = true;                 ///< whether the regions of the address space are recorded
  bool dependences = true;            ///< whether records name the load their address depends on, where possible
  int level = 1;                      ///< zstd level
  std::string valgrind = "valgrind";  ///< the Valgrind to run
};

struct CapturedTrace : WrittenTrace {
  DependenceCounts addresses;  ///< all 0 if dependences were not followed
};

struct CaptureResult {
  std::vector<CapturedTrace> traces;  ///< one, or one per process and thread with records
  std::set<unsigned> threads;         ///< Valgrind's numbers of the threads with accesses, in any process
  unsigned processes = 1;             ///< traced
  std::set<unsigned> empty;           ///< the numbers of the processes without a recorded access
  bool dependences = false;           ///< whether the traces have dependences
  std::set<unsigned> without_layout;  ///< processes with a trace whose regions are not known
  std::uint64_t records = 0;          ///< accesses recorded
  std::uint64_t skipped = 0;
  bool ended_by_limit = false;
  bool interrupted = false;  ///< the program was ended by `stop`
  std::string fatal_access;  ///< what Valgrind says of the access that ended a single program by SIGSEGV; else empty
  int exit_status = 0;       ///< of the program; 128 + signal number if a signal ended it
};

/// Runs the program, with its standard input, output and error untouched, and converts Lackey's output: on the fly or,
/// with CapturedChildren::Apart, after all its processes have ended. `on_progress` is called periodically with the
/// number of records seen. Throws InputError if Valgrind is missing, the program cannot be started, the output cannot
/// be written, or there is nothing to record. Once `*stop` is true, the program and all its traced processes are ended,
/// and the traces cover what they did until then.
CaptureResult capture_trace(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress = {},
                            const std::atomic<bool>* stop = nullptr);

/// The path of a thread's trace: `mine.twt` gives `mine.thread2.twt`.
std::string path_of_thread(const std::string& output, unsigned thread);

/// The path of a process's trace: the first keeps the name; `mine.twt` gives `mine.process2.twt`.
std::string path_of_process(const std::string& output, unsigned process);

}  // namespace tablewalk
