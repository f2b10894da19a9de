#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "trace/trace_writer.h"

namespace tablewalk {

/// What becomes of the threads of a program.
enum class CapturedThreads : std::uint8_t {
  Mixed,  ///< one trace, in the order in which Valgrind ran them: what one core would see
  Apart,  ///< a trace for each
};

/// A run of a program under Valgrind's Lackey, recorded as a trace. Only the process that is started is traced: its
/// children are silent, for Lackey would mix their accesses without a mark.
struct CaptureConfig {
  std::vector<std::string> command;  ///< the program (looked up in PATH) and its arguments
  std::string output;                ///< a name ending in .twt or .txt
  std::uint64_t skip = 0;            ///< records passed over, of all threads, before the first that is kept
  std::uint64_t limit = 0;           ///< records kept at most, after which the program is ended; 0 is all
  CapturedThreads threads = CapturedThreads::Mixed;
  int level = 1;                      ///< zstd's
  std::string valgrind = "valgrind";  ///< the Valgrind to run
};

struct CaptureResult {
  std::vector<WrittenTrace> traces;  ///< one, or with CapturedThreads::Apart one for each thread that kept a record
  std::set<unsigned> threads;        ///< Valgrind's numbers of those that made an access
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
  bool ended_by_limit = false;
  bool interrupted = false;  ///< the program was ended by `stop`
  int exit_status = 0;       ///< of the program; 128 + the signal that ended it
};

/// Runs the program, its standard input, output and error untouched, and converts what Lackey says while it runs.
/// `on_progress` is called now and then with the number of records seen. Throws InputError when Valgrind is missing,
/// the program cannot be started, the output cannot be written, or nothing was left to keep.
/// Once `*stop` is true, the program is ended, and the trace is of what it did until then.
CaptureResult capture_trace(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress = {},
                            const std::atomic<bool>* stop = nullptr);

/// Where the trace of a thread goes: `mine.twt` gives `mine.thread2.twt`.
std::string path_of_thread(const std::string& output, unsigned thread);

}  // namespace tablewalk
