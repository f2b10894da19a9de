#include "trace/capture_outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t captured_batch = 1 << 10;  // small: the program's code is read while it still exists

/// `output` with a mark before its extension.
std::string with_mark(const std::string& output, const std::string& mark) {
  const std::size_t dot = output.rfind('.');
  const bool ending = dot != std::string::npos && output.find('/', dot) == std::string::npos;
  const std::size_t at = ending ? dot : output.size();
  return fmt::format("{}.{}{}", output.substr(0, at), mark, output.substr(at));
}

}  // namespace

std::string path_of_thread(const std::string& output, unsigned thread) {
  return with_mark(output, fmt::format("thread{}", thread));
}

std::string path_of_process(const std::string& output, unsigned process) {
  return process == 1 ? output : with_mark(output, fmt::format("process{}", process));
}

CaptureOutputs::CaptureOutputs(const CaptureConfig& config, TraceWriterOptions options, unsigned process)
    : config_(config),
      options_(std::move(options)),
      path_(path_of_process(config.output, process)),
      asid_(static_cast<AddressSpaceId>(process - 1)) {
  if (process != 1) options_.provenance += fmt::format("; process {}", process);
  // Fail before the program runs.
  if (config.threads != CapturedThreads::Apart) output(0);
  if (config.threads == CapturedThreads::Apart) make_trace_writer(path_of_thread(path_, 1), options_);
}

std::uint64_t CaptureOutputs::convert(const LackeyReader& lackey, TraceReader& reader, CaptureResult& result,
                                      const std::function<void(std::uint64_t)>& on_progress) {
  std::vector<Record> batch(captured_batch);
  std::uint64_t all_skipped = 0;
  std::uint64_t all_kept = 0;
  // The regions at the start are read after the first access.
  while (const std::size_t count = reader.read(batch.data(), initial_ ? 1 : batch.size())) {
    result.threads.insert(lackey.thread());
    const std::size_t skipped = std::min<std::uint64_t>(count, config_.skip - all_skipped);
    std::uint64_t kept = count - skipped;
    if (changes_ != nullptr) change_layout(all_skipped + all_kept);
    if (config_.limit != 0) kept = std::min(kept, config_.limit - all_kept);
    if (skipped != 0) skip(lackey.thread(), batch.data(), skipped);
    if (kept != 0) write(lackey.thread(), batch.data() + skipped, kept);
    all_skipped += skipped;
    all_kept += kept;
    result.skipped += skipped;
    result.records += kept;
    if (on_progress) on_progress(result.skipped + result.records);
    if (config_.limit != 0 && all_kept == config_.limit) {
      result.ended_by_limit = true;
      break;
    }
  }
  return all_kept;
}

/// Records the changes before an access, counted with those skipped.
void CaptureOutputs::change_layout(std::uint64_t accesses) {
  Layout due;
  if (initial_) {
    due = std::exchange(initial_, nullptr)();
    // Changes of unknown regions are no layout.
    if (due.empty()) changes_ = nullptr;
    if (due.empty()) return;
  }
  for (LayoutChange& change : changes_->changes_before(accesses)) due.push_back(std::move(change));
  for (LayoutChange& change : due) {
    change.asid = asid_;
    for (auto& [thread, output] : outputs_) output.writer->change_layout(change);
    layout_.push_back(std::move(change));
  }
}

void CaptureOutputs::skip(unsigned thread, Record* records, std::size_t count) {
  if (follower_ == nullptr) return;
  LoadCount& loads = loads_of(thread);
  DependenceCounts not_counted;
  follower_->follow(thread, loads, records, count, not_counted);
  loads.leave_out();
}

void CaptureOutputs::write(unsigned thread, Record* records, std::size_t count) {
  Output& to = output(trace_of(thread));
  if (config_.threads == CapturedThreads::Marked && to.running != thread) mark(to, thread);
  if (follower_ != nullptr) follower_->follow(thread, loads_of(thread), records, count, to.addresses);
  if (asid_ != 0) std::for_each(records, records + count, [this](Record& record) { record.asid = asid_; });
  to.writer->write(records, count);
  to.records += count;
}

/// Marks the following records as that thread's.
void CaptureOutputs::mark(Output& to, unsigned thread) const {
  constexpr unsigned largest = std::numeric_limits<AddressSpaceId>::max();
  if (thread > largest) {
    throw InputError(fmt::format("{}: Valgrind thread {}: expected a number up to {}", path_, thread, largest));
  }
  const Record event{VirtualAddress(), 0, RecordKind::Thread, Privilege::User, static_cast<AddressSpaceId>(thread)};
  to.writer->write(&event, 1);
  ++to.records;
  to.running = thread;
}

std::vector<CapturedTrace> CaptureOutputs::finish() {
  std::vector<CapturedTrace> traces;
  for (const auto& [thread, output] : outputs_) {
    output.writer->finish();
    traces.push_back({{path_of(thread), output.records, output.writer->bytes_written()}, output.addresses});
  }
  return traces;
}

CaptureOutputs::Output& CaptureOutputs::output(unsigned thread) {
  Output& output = outputs_[thread];
  if (!output.writer) {
    TraceWriterOptions options = options_;
    if (thread != 0) options.provenance += fmt::format("; thread {}", thread);
    output.writer = make_trace_writer(path_of(thread), options);
    for (const LayoutChange& change : layout_) output.writer->change_layout(change);
  }
  return output;
}

}  // namespace tablewalk
