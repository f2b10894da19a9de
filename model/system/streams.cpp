#include "system/streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "os/layout.h"
#include "trace/process_reader.h"
#include "trace/thread_counts.h"
#include "trace/thread_reader.h"
#include "trace/twt_scratch.h"

namespace tablewalk {
namespace {

/// Look-ahead of the front end: 32 records per block in the fetch queue.
std::size_t records_ahead(const CoreConfig& core) {
  return std::size_t{32} * core.fetch_queue;
}

/// The dependences that the core assumes.
std::string name_of_dependences(const TraceDescription& trace, const CoreConfig& core) {
  if (trace.dependences) return "trace";
  return core.dependences == Dependences::Chained ? "chained" : "none";
}

std::vector<std::string> paths_of(const RunOptions& options) {
  std::vector<std::string> paths = options.more_traces;
  paths.insert(paths.begin(), options.trace_path);
  return paths;
}

/// Every stream reads its file from the beginning.
void refuse_pipes(const std::vector<std::string>& paths) {
  const auto pipe = std::find_if(paths.begin(), paths.end(), readable_once);
  if (pipe == paths.end()) return;
  throw InputError(*pipe + ": several cores or traces read at their own pace: expected files, not a pipe");
}

}  // namespace

Streams::Streams(const MachineConfig& config, const RunOptions& options)
    : cores_(config.cores), limit_(options.limit == 0 ? 0 : options.warmup + options.limit) {
  const std::vector<std::string> paths = paths_of(options);
  processes_ = paths.size();
  const bool several = cores_ > 1 || processes_ > 1;
  if (several) refuse_pipes(paths);
  std::map<std::string, std::vector<unsigned>> threads;  // of each trace, which may be given several times
  const auto shared = several ? std::make_shared<TwtScratch>() : nullptr;
  for (std::size_t process = 0; process < processes_; ++process) {
    const std::string& path = paths[process];
    const auto known = threads.find(path);
    if (several && known == threads.end()) threads[path] = threads_of(path, options.trace_format);
    if (!several) threads[path] = {0};
    Layout layout;
    for (const unsigned thread : threads[path]) {
      std::unique_ptr<TraceReader> reader = open_trace(path, options.trace_format, shared);
      layout = reader->description().layout;
      if (several) {
        reader = std::make_unique<ProcessReader>(std::move(reader), static_cast<unsigned>(process),
                                                 static_cast<unsigned>(processes_));
        reader = std::make_unique<ThreadReader>(std::move(reader), thread);
      }
      TraceReader& opened = *reader;
      add(config, options, path, opened, std::move(reader));
    }
    if (!config.os.prefault && threads[path].size() > 1) fix_layout(layout, process);
  }
  if (streams_.size() >= cores_) return;
  throw InputError(
      fmt::format("{}: {} for {} cores; expected one per core: more traces (the same one may be given several times), "
                  "or a trace with several threads",
                  options.trace_path,
                  streams_.size() == 1 ? "one trace" : fmt::format("{} traces and threads", streams_.size()), cores_));
}

Streams::Streams(const MachineConfig& config, TraceReader& trace, const RunOptions& options)
    : cores_(1), limit_(options.limit == 0 ? 0 : options.warmup + options.limit) {
  if (config.cores != 1) {
    throw InputError(fmt::format("cores: {}, and one trace that is open already; expected 1", config.cores));
  }
  add(config, options, options.trace_path, trace, nullptr);
}

void Streams::add(const MachineConfig& config, const RunOptions& options, const std::string& path, TraceReader& reader,
                  std::unique_ptr<TraceReader> opened) {
  Stream stream;
  stream.path = path;
  stream.dependences = name_of_dependences(reader.description(), config.core);
  stream.stoppable = std::make_unique<StoppableReader>(reader, options.stop);
  stream.source = std::make_unique<RecordSource>(*stream.stoppable, limit_, records_ahead(config.core),
                                                 stream.dependences == "chained");
  stream.opened = std::move(opened);
  if (!config.os.prefault) stream.source->stop_at_changes();
  streams_.push_back(std::move(stream));
}

/// Threads may run in another order than in the trace, so they may use whatever it ever reserves. Each makes its own
/// calls.
void Streams::fix_layout(const Layout& layout, std::size_t process) {
  std::set<AddressSpaceId> spaces;
  for (const LayoutChange& change : layout) spaces.insert(change.asid);
  for (const AddressSpaceId asid : spaces) {
    for (const Region& region : regions_at_any_time(layout_of_space(layout, asid))) {
      fixed_layout_.push_back(change_of(region, static_cast<AddressSpaceId>(asid * processes_ + process)));
    }
  }
}

std::vector<RecordSource*> Streams::of_core(unsigned core) {
  std::vector<RecordSource*> sources;
  for (std::size_t i = core; i < streams_.size(); i += cores_) sources.push_back(streams_[i].source.get());
  return sources;
}

std::vector<RecordSource*> Streams::all() {
  std::vector<RecordSource*> sources;
  for (const Stream& stream : streams_) sources.push_back(stream.source.get());
  return sources;
}

std::uint64_t Streams::delivered() const {
  std::uint64_t records = 0;
  for (const Stream& stream : streams_) records += stream.source->delivered();
  return records;
}

double Streams::progress() const {
  if (limit_ != 0) {
    return static_cast<double>(delivered()) / static_cast<double>(limit_ * streams_.size());
  }
  double sum = 0;
  for (const Stream& stream : streams_) {
    const double share = stream.source->progress();
    if (share < 0) return -1;
    sum += share;
  }
  return sum / static_cast<double>(streams_.size());
}

std::optional<std::uint64_t> Streams::records_after(std::uint64_t warmup) const {
  std::optional<std::uint64_t> records = streams_.front().stoppable->description().records;
  if (!records) return std::nullopt;
  if (limit_ != 0) records = std::min(*records, limit_);
  return *records - std::min(*records, warmup);
}

bool Streams::stopped() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const Stream& stream) { return stream.stoppable->stopped(); });
}

const std::string& Streams::path_of(const RecordSource& source) const {
  return std::find_if(streams_.begin(), streams_.end(),
                      [&](const Stream& stream) { return stream.source.get() == &source; })
      ->path;
}

std::vector<TraceSummary> Streams::summaries() const {
  std::vector<TraceSummary> summaries;
  for (const Stream& stream : streams_) {
    const StoppableReader& reader = *stream.stoppable;
    summaries.push_back({printable(reader.description().path), reader.description().format,
                         fmt::format("{:016x}", reader.checksum()), stream.source->delivered(), stream.dependences});
  }
  return summaries;
}

std::vector<std::string> Streams::notes() const {
  std::vector<std::string> notes;
  for (const Stream& stream : streams_) {
    const std::string& note = stream.stoppable->description().note;
    if (!note.empty()) notes.push_back(fmt::format("{}: {}", stream.path, note));
  }
  notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
  return notes;
}

void Streams::refuse_short(std::uint64_t warmup) const {
  for (const Stream& stream : streams_) {
    const std::uint64_t records = stream.source->delivered();
    if (warmup == 0 || warmup < records) continue;
    throw InputError(
        fmt::format("{}: has {} records; expected more than the warm-up of {}", stream.path, records, warmup));
  }
}

}  // namespace tablewalk
