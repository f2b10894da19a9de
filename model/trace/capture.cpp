#include "trace/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"
#include "trace/lackey_reader.h"
#include "trace/stoppable_reader.h"

namespace tablewalk {
namespace {

constexpr std::size_t batch_records = 1 << 14;

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// Where a program is, by the rule of execvp; empty when it is nowhere.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_program(name) ? name : "";
  const char* variable = std::getenv("PATH");
  const std::string folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const std::string path = (end > start ? folders.substr(start, end - start) : ".") + "/" + name;
    if (is_program(path)) return path;
    start = end + 1;
  }
  return "";
}

/// Valgrind writes files of its own there, and says little if it cannot.
void check_temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  struct stat status {};
  if (folder == nullptr || *folder == '\0') return;
  const bool exists = ::stat(folder, &status) == 0;
  if (exists && !S_ISDIR(status.st_mode)) errno = ENOTDIR;
  if (exists && S_ISDIR(status.st_mode) && ::access(folder, W_OK | X_OK) == 0) return;
  throw InputError(fmt::format("TMPDIR {}: {}; expected a folder that Valgrind can write to, or none", folder,
                               std::strerror(errno)));
}

/// A child process with a pipe from it to us. It is waited for, or ended, exactly once.
class Child {
 public:
  enum class Pipe { StandardOutput, OwnDescriptor };
  /// Our descriptor's number in the child when it has its own.
  static constexpr int own_descriptor = 9;

  Child(const std::string& program, std::vector<std::string> arguments, Pipe pipe);
  ~Child() {
    if (pid_ > 0) end();
    if (pipe_ >= 0) ::close(pipe_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int take_pipe() { return std::exchange(pipe_, -1); }

  /// Its exit status, 128 + signal when one ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  void kill() const { ::kill(pid_, SIGKILL); }
  void end() {
    kill();
    wait();
  }

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
};

Child::Child(const std::string& program, std::vector<std::string> arguments, Pipe pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw InputError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    end_with_parent(parent);
    ::dup2(ends[1], pipe == Pipe::StandardOutput ? STDOUT_FILENO : own_descriptor);
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
  if (pid_ < 0) throw InputError(fmt::format("{}: cannot start: {}", program, std::strerror(errno)));
}

/// Ends the child once it is asked to: whoever reads its pipe then comes to the end.
class Ender {
 public:
  Ender(const Child& child, const std::atomic<bool>* stop) {
    if (stop == nullptr) return;
    watch_ = std::thread([this, &child, stop] {
      while (!done_ && !*stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (!done_) child.kill();
    });
  }
  ~Ender() {
    done_ = true;
    if (watch_.joinable()) watch_.join();
  }
  Ender(const Ender&) = delete;
  Ender& operator=(const Ender&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread watch_;
};

/// What `valgrind --version` says.
std::string version_of(const std::string& valgrind) {
  Child child(valgrind, {valgrind, "--version"}, Child::Pipe::StandardOutput);
  ByteSource answer(child.take_pipe(), valgrind);
  const std::string_view text = answer.peek(256);
  std::string version(text.substr(0, std::min(text.find('\n'), text.size())));
  if (child.wait() != 0 || version.empty()) {
    throw InputError(fmt::format("{}: does not answer --version: expected Valgrind", valgrind));
  }
  return version;
}

std::string describe(const CaptureConfig& config, const std::string& version) {
  std::string text = fmt::format("{} --tool=lackey --trace-mem=yes of: {}", version, fmt::join(config.command, " "));
  if (config.skip != 0) text += fmt::format("; first {} records skipped", config.skip);
  if (config.limit != 0) text += fmt::format("; at most {} records kept", config.limit);
  return text;
}

/// The traces that a capture writes: one for each thread, or one for all.
class Outputs {
 public:
  Outputs(const CaptureConfig& config, TraceWriterOptions options) : config_(config), options_(std::move(options)) {
    // Before the program runs, so that none runs for nothing.
    if (config.threads == CapturedThreads::Mixed) output(0);
    if (config.threads == CapturedThreads::Apart) make_trace_writer(path_of_thread(config.output, 1), options_);
  }

  void write(unsigned thread, const Record* records, std::size_t count) {
    if (count == 0) return;
    Output& to = output(config_.threads == CapturedThreads::Apart ? thread : 0);
    to.writer->write(records, count);
    to.records += count;
  }
  /// The files get their names only now.
  std::vector<WrittenTrace> finish() {
    std::vector<WrittenTrace> traces;
    for (const auto& [thread, output] : outputs_) {
      output.writer->finish();
      traces.push_back({path_of(thread), output.records, output.writer->bytes_written()});
    }
    return traces;
  }

 private:
  struct Output {
    std::unique_ptr<TraceWriter> writer;
    std::uint64_t records = 0;
  };

  std::string path_of(unsigned thread) const {
    return thread == 0 ? config_.output : path_of_thread(config_.output, thread);
  }
  Output& output(unsigned thread) {
    Output& output = outputs_[thread];
    if (!output.writer) {
      TraceWriterOptions options = options_;
      if (thread != 0) options.provenance += fmt::format("; thread {}", thread);
      output.writer = make_trace_writer(path_of(thread), options);
    }
    return output;
  }

  const CaptureConfig& config_;
  TraceWriterOptions options_;
  std::map<unsigned, Output> outputs_;  ///< by thread; 0 is all
};

/// Passes records from reader to writers as the configuration says; the reader's errors pass through.
void convert_stream(const CaptureConfig& config, const LackeyReader& lackey, TraceReader& reader, Outputs& outputs,
                    CaptureResult& result, const std::function<void(std::uint64_t)>& on_progress) {
  std::vector<Record> batch(batch_records);
  while (const std::size_t count = reader.read(batch.data(), batch.size())) {
    result.threads.insert(lackey.thread());
    const std::size_t skipped = std::min<std::uint64_t>(count, config.skip - result.skipped);
    result.skipped += skipped;
    std::uint64_t kept = count - skipped;
    if (config.limit != 0) kept = std::min(kept, config.limit - result.records);
    outputs.write(lackey.thread(), batch.data() + skipped, kept);
    result.records += kept;
    if (on_progress) on_progress(result.skipped + result.records);
    result.ended_by_limit = config.limit != 0 && result.records == config.limit;
    if (result.ended_by_limit) return;
  }
}

}  // namespace

std::string path_of_thread(const std::string& output, unsigned thread) {
  const std::size_t dot = output.rfind('.');
  const bool ending = dot != std::string::npos && output.find('/', dot) == std::string::npos;
  const std::size_t at = ending ? dot : output.size();
  return fmt::format("{}.thread{}{}", output.substr(0, at), thread, output.substr(at));
}

CaptureResult capture_trace(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress,
                            const std::atomic<bool>* stop) {
  if (config.command.empty()) throw InputError("no program to capture: expected -- PROGRAM ARGUMENTS");
  const std::string valgrind = find_program(config.valgrind);
  if (valgrind.empty()) {
    throw InputError(fmt::format("{}: not found: expected Valgrind (Debian package valgrind)", config.valgrind));
  }
  const std::string& name = config.command.front();
  const std::string program = find_program(name);
  if (program.empty()) throw InputError(fmt::format("{}: cannot be started: expected an executable program", name));

  check_temporary_folder();
  TraceWriterOptions options;
  options.provenance = describe(config, version_of(valgrind));
  options.level = config.level;
  Outputs outputs(config, options);
  std::vector<std::string> arguments = {valgrind,
                                        "--tool=lackey",
                                        "--trace-mem=yes",
                                        "--trace-sched=yes",  // whose the accesses are
                                        "--trace-children=no",
                                        "--child-silent-after-fork=yes",
                                        fmt::format("--log-fd={}", Child::own_descriptor),
                                        program};
  arguments.insert(arguments.end(), config.command.begin() + 1, config.command.end());
  Child child(valgrind, arguments, Child::Pipe::OwnDescriptor);
  CaptureResult result;
  try {
    const Ender ender(child, stop);
    LackeyReader lackey(std::make_unique<ByteSource>(child.take_pipe(), "output of Lackey"));
    StoppableReader reader(lackey, stop);
    convert_stream(config, lackey, reader, outputs, result, on_progress);
    result.interrupted = reader.stopped();
  } catch (const InputError& error) {
    if (result.records + result.skipped != 0) throw;
    throw InputError(fmt::format("{}: could not be run under Valgrind ({})", name, error.what()));
  }
  if (result.ended_by_limit || result.interrupted) {
    child.end();
  } else {
    result.exit_status = child.wait();
  }
  if (result.records == 0) {
    throw InputError(fmt::format("{}: nothing to keep: it made {} accesses, and {} were to be skipped", name,
                                 result.skipped, config.skip));
  }
  result.traces = outputs.finish();
  return result;
}

}  // namespace tablewalk
