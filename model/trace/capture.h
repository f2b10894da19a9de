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

/// What becomes of the threads of a program.
enum class CapturedThreads : std::uint8_t {
  Mixed,   ///< one trace, in the order in which Valgrind ran them: what one core would see
  Apart,   ///< a trace for each
  Marked,  ///< as Mixed, with Thread events that give Valgrind's numbers, of which the main thread has 1
};

/// What becomes of the processes that a program starts.
enum class CapturedChildren : std::uint8_t {
  Silent,  ///< they are not traced: Lackey would mix their accesses without a mark
  Apart,   ///< traces of their own for each, in an address space of its own; the logs take room in TMPDIR until the end
};

/// A run of a program under Valgrind's Lackey, recorded as a trace.
struct CaptureConfig {
  std::vector<std::string> command;  ///< the program (looked up in PATH) and its arguments
  std::string output;                ///< a name ending in .twt or .txt
  std::uint64_t skip = 0;   ///< accesses of each process passed over, of all its threads, before the first kept
  std::uint64_t limit = 0;  ///< accesses of each process kept at most; 0 is all. A single one is then ended
  CapturedThreads threads = CapturedThreads::Mixed;
  CapturedChildren children = CapturedChildren::Silent;
  bool dependences = true;  ///< whether the records say from which loads addresses come, where that is possible
  int level = 1;            ///< zstd's
  std::string valgrind = "valgrind";  ///< the Valgrind to run
};

struct CapturedTrace : WrittenTrace {
  DependenceCounts addresses;  ///< zeros if dependences were not followed
};

struct CaptureResult {
  std::vector<CapturedTrace> traces;  ///< one, or one for each process and thread that kept a record
  std::set<unsigned> threads;         ///< Valgrind's numbers of those that made an access, in any process
  unsigned processes = 1;             ///< that were traced
  std::set<unsigned> empty;           ///< the numbers of those of them that left no record to keep
  bool dependences = false;           ///< whether the traces have them
  std::uint64_t records = 0;          ///< accesses that were kept
  std::uint64_t skipped = 0;
  bool ended_by_limit = false;
  bool interrupted = false;  ///< the program was ended by `stop`
  int exit_status = 0;       ///< of the program; 128 + the signal that ended it
};

/// Runs the program, its standard input, output and error untouched, and converts what Lackey says, while it runs or,
/// with CapturedChildren::Apart, when all its processes have ended.
/// `on_progress` is called now and then with the number of records seen. Throws InputError when Valgrind is missing,
/// the program cannot be started, the output cannot be written, or nothing was left to keep.
/// Once `*stop` is true, the program is ended with all its traced processes, and the traces are of what they did until
/// then.
CaptureResult capture_trace(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress = {},
                            const std::atomic<bool>* stop = nullptr);

/// Where the trace of a thread goes: `mine.twt` gives `mine.thread2.twt`.
std::string path_of_thread(const std::string& output, unsigned thread);

/// Where the trace of a process goes: the first keeps the name, and `mine.twt` gives `mine.process2.twt`.
std::string path_of_process(const std::string& output, unsigned process);

}  // namespace tablewalk
