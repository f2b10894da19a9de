#include "trace/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "trace/capture_outputs.h"
#include "trace/child_process.h"
#include "trace/dependence_follower.h"
#include "trace/guest_code.h"
#include "trace/lackey_reader.h"
#include "trace/proc_maps.h"
#include "trace/process_logs.h"
#include "trace/process_starts.h"
#include "trace/stoppable_reader.h"

namespace tablewalk {
namespace {

// Until the regions at the start are read, the program must not run far ahead.
constexpr int short_pipe_bytes = 4096;
constexpr int usual_pipe_bytes = 65536;
constexpr std::size_t most_processes = std::size_t{std::numeric_limits<AddressSpaceId>::max()} + 1;

/// Valgrind writes its own files there, and gives no useful message if it cannot.
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

/// The output of `valgrind --version`.
std::string version_of(const std::string& valgrind) {
  Child child(valgrind, {valgrind, "--version"}, Child::Pipe::StandardOutput);
  ByteSource answer(child.take_pipe(), valgrind);
  const std::string_view text = answer.peek(256);
  std::string version(text.substr(0, std::min(text.find('\n'), text.size())));
  if (child.wait() != 0 || version.empty()) {
    throw InputError(fmt::format("{}: --version failed: expected Valgrind", valgrind));
  }
  return version;
}

std::string describe(const CaptureConfig& config, const std::string& version) {
  std::string text = fmt::format("{} --tool=lackey --trace-mem=yes of: {}", version, fmt::join(config.command, " "));
  if (config.skip != 0) text += fmt::format("; first {} records skipped", config.skip);
  if (config.limit != 0) text += fmt::format("; at most {} records kept", config.limit);
  return text;
}

/// The regions of the program that Valgrind runs in that process; none if the process has already ended.
Layout layout_of(pid_t process, CaptureResult& result) {
  Layout layout;
  try {
    layout = without_valgrind(read_proc_maps(fmt::format("/proc/{}/maps", process)));
  } catch (const InputError&) {  // without a memory there is nothing to read
  }
  if (layout.empty()) result.without_layout.insert(1);
  return layout;
}

/// Reads on behind the last access to be recorded: the program may fork there.
void follow_to_end(LackeyReader& lackey, SyscallLayout& changes) {
  std::vector<Record> passed(1 << 10);
  while (lackey.read(passed.data(), passed.size()) != 0) changes.changes_before(~std::uint64_t{0});
}

/// The code of each logging process. When a log is read, the process's memory is gone, but its mapped files remain.
class Codes {
 public:
  /// Reads the current mappings of the processes.
  void look(const ProcessLogs& logs) {
    for (const ProcessLogs::Log& log : logs.in_order()) {
      if (first_ == 0) first_ = log.process;
      const auto [code, added] = codes_.try_emplace(log.process);
      if (added) code->second = std::make_unique<GuestCode>(log.process, GuestCode::Source::Files);
      if (!code->second->look() && added) codes_.erase(code);  // it has already ended
    }
  }
  /// A process that ended too soon to be seen has the mappings of the first one: it did not execute another program.
  GuestCode& of(pid_t process) {
    for (const pid_t known : {process, first_}) {
      if (const auto code = codes_.find(known); code != codes_.end()) return *code->second;
    }
    return unknown_;
  }

 private:
  pid_t first_ = 0;
  std::map<pid_t, std::unique_ptr<GuestCode>> codes_;
  GuestCode unknown_{0, GuestCode::Source::Files};
};

/// One capture: what both kinds of capture share.
class Capture {
 public:
  Capture(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress,
          const std::atomic<bool>* stop);

  CaptureResult of_one_process();
  CaptureResult of_all_processes();

 private:
  std::vector<std::string> arguments(const std::vector<std::string>& more) const;
  std::string name() const { return config_.command.front(); }
  bool stopped() const { return stop_ != nullptr && *stop_; }
  InputError not_run(const std::string& why) const {
    return InputError(fmt::format("{}: could not be run under Valgrind ({})", name(), why));
  }
  /// What was seen of the processes while they ran.
  struct Seen {
    Codes codes;
    ProcessStarts starts;
  };

  void wait_for_all(Child& child, const ProcessLogs& logs, Seen& seen, CaptureResult& result) const;
  void convert_log(const ProcessLogs::Log& log, Seen& seen, CaptureOutputs& outputs, unsigned process,
                   CaptureResult& result) const;
  void check_kept(const CaptureResult& result) const;

  const CaptureConfig& config_;
  const std::function<void(std::uint64_t)>& on_progress_;
  const std::atomic<bool>* stop_;
  std::string valgrind_;
  std::string program_;
  TraceWriterOptions options_;
};

Capture::Capture(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress,
                 const std::atomic<bool>* stop)
    : config_(config), on_progress_(on_progress), stop_(stop) {
  if (config.command.empty()) throw InputError("no program to capture: expected -- PROGRAM ARGUMENTS");
  valgrind_ = find_program(config.valgrind);
  if (valgrind_.empty()) {
    throw InputError(fmt::format("{}: not found: expected Valgrind (Debian package valgrind)", config.valgrind));
  }
  program_ = find_program(name());
  if (program_.empty()) throw InputError(fmt::format("{}: cannot be started: expected an executable program", name()));
  check_temporary_folder();
  options_.provenance = describe(config, version_of(valgrind_));
  options_.level = config.level;
  options_.layout = config.layout;
  options_.dependences = config.dependences && DependenceFollower::possible();
  if (options_.dependences) options_.provenance += "; dependences by " + X86Decoder::version();
}

std::vector<std::string> Capture::arguments(const std::vector<std::string>& more) const {
  std::vector<std::string> all = {valgrind_,
                                  "--tool=lackey",
                                  "--trace-mem=yes",
                                  "--trace-sched=yes",  // to tell threads apart
                                  options_.layout ? "--trace-syscalls=yes" : "--trace-syscalls=no",
                                  "--vgdb=no"};  // its pipes would remain in TMPDIR if it is killed
  all.insert(all.end(), more.begin(), more.end());
  all.push_back(program_);
  all.insert(all.end(), config_.command.begin() + 1, config_.command.end());
  return all;
}

void Capture::check_kept(const CaptureResult& result) const {
  if (result.records != 0) return;
  throw InputError(fmt::format("{}: nothing to record: it made {} accesses, and {} were to be skipped", name(),
                               result.skipped, config_.skip));
}

CaptureResult Capture::of_one_process() {
  CaptureOutputs outputs(config_, options_);
  Child child(valgrind_,
              arguments({"--trace-children=no", "--child-silent-after-fork=yes",
                         fmt::format("--log-fd={}", Child::own_descriptor)}),
              Child::Pipe::OwnDescriptor);
  GuestCode code(child.pid(), GuestCode::Source::MemoryAndFiles);
  DependenceFollower follower(code);
  if (options_.dependences) outputs.use(follower);
  CaptureResult result;
  result.dependences = options_.dependences;
  SyscallLayout changes;
  const int pipe = child.take_pipe();
  if (options_.layout) {
    ::fcntl(pipe, F_SETPIPE_SZ, short_pipe_bytes);
    outputs.use(changes, [&child, &result, pipe] {
      Layout layout = layout_of(child.pid(), result);
      ::fcntl(pipe, F_SETPIPE_SZ, usual_pipe_bytes);
      return layout;
    });
  }
  try {
    const Ender ender(child, stop_);
    LackeyReader lackey(std::make_unique<ByteSource>(pipe, "output of Lackey"));
    if (options_.layout) lackey.follow(changes);
    StoppableReader reader(lackey, stop_);
    outputs.convert(lackey, reader, result, on_progress_);
    result.interrupted = reader.stopped();
    result.fatal_access = lackey.fatal_access();
  } catch (const InputError& error) {
    if (result.records + result.skipped != 0) throw;
    throw not_run(error.what());
  }
  if (result.ended_by_limit || result.interrupted) {
    child.end();
  } else {
    result.exit_status = child.wait();
  }
  check_kept(result);
  result.traces = outputs.finish();
  return result;
}

/// Waits until the program and all its processes have ended, or were ended.
void Capture::wait_for_all(Child& child, const ProcessLogs& logs, Seen& seen, CaptureResult& result) const {
  std::optional<int> status;
  while (!stopped()) {
    if (options_.dependences) seen.codes.look(logs);
    if (!status) status = child.wait_no_longer();
    if (status && !logs.any_running()) break;
    logs.check_room();
    for (int i = 0; i < 10; ++i) {
      if (options_.layout) seen.starts.look(logs);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  result.interrupted = stopped();
  if (!status) child.end();
  logs.end_processes();
  result.exit_status = status.value_or(0);
}

void Capture::convert_log(const ProcessLogs::Log& log, Seen& seen, CaptureOutputs& outputs, unsigned process,
                          CaptureResult& result) const {
  DependenceFollower follower(seen.codes.of(log.process));
  if (options_.dependences) outputs.use(follower);
  LackeyReader lackey(std::make_unique<ByteSource>(log.path), LackeyEnd::Killed);
  const SyscallLayout::Start start = options_.layout ? seen.starts.of(log) : SyscallLayout::Start();
  const bool known = !start.layout.empty();
  SyscallLayout changes = known ? SyscallLayout(start) : SyscallLayout();
  if (options_.layout) lackey.follow(changes);
  if (known) outputs.use(changes, [&start] { return start.layout; });
  const bool has_records = outputs.convert(lackey, lackey, result, on_progress_) != 0;
  if (known) {
    follow_to_end(lackey, changes);
    seen.starts.add(changes);
  }
  if (!has_records) {
    result.empty.insert(process);
    return;
  }
  if (options_.layout && !known) result.without_layout.insert(process);
  for (CapturedTrace& trace : outputs.finish()) result.traces.push_back(std::move(trace));
}

CaptureResult Capture::of_all_processes() {
  CaptureOutputs first(config_, options_);
  CaptureResult result;
  result.dependences = options_.dependences;
  const ProcessLogs logs;
  Seen seen;
  {
    Child child(valgrind_,
                arguments({"--trace-children=yes", "--child-silent-after-fork=no", "--log-file=" + logs.pattern()}),
                Child::Pipe::None);
    wait_for_all(child, logs, seen, result);
  }
  const std::vector<ProcessLogs::Log> all = logs.in_order();
  if (all.size() > most_processes) {
    throw InputError(fmt::format("{}: it started {} processes: expected at most {}, since each has an address space",
                                 name(), all.size(), most_processes));
  }
  result.processes = static_cast<unsigned>(all.size());
  for (unsigned process = 1; process <= result.processes; ++process) {
    if (process == 1) {
      convert_log(all[0], seen, first, process, result);
    } else {
      CaptureOutputs outputs(config_, options_, process);
      convert_log(all[process - 1], seen, outputs, process, result);
    }
  }
  if (result.records + result.skipped == 0) throw not_run("its log has no access");
  check_kept(result);
  return result;
}

}  // namespace

CaptureResult capture_trace(const CaptureConfig& config, const std::function<void(std::uint64_t)>& on_progress,
                            const std::atomic<bool>* stop) {
  Capture capture(config, on_progress, stop);
  return config.children == CapturedChildren::Apart ? capture.of_all_processes() : capture.of_one_process();
}

}  // namespace tablewalk
