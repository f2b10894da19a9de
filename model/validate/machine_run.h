#pragma once

#include <string>
#include <vector>

#include "stats/result.h"
#include "system/run.h"
#include "trace/generate.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// A trace from a list of records.
class RecordList final : public TraceReader {
 public:
  explicit RecordList(std::vector<Record> records) : records_(std::move(records)) {}
  const TraceDescription& description() const override { return description_; }
  std::size_t read(Record* records, std::size_t capacity) override;
  double progress() const override { return -1; }
  std::uint64_t checksum() const override { return 0; }

 private:
  std::vector<Record> records_;
  std::size_t place_ = 0;
  TraceDescription description_{"generated", "list", "", "", true, {}, false, {}};
};

/// A chain of dependent loads: `elements` addresses, `stride` bytes apart, in one scattered cycle, `laps` times. With a
/// stride of a page or more each address is one line further in its page, so that they do not conflict in a cache set.
std::vector<Record> chase(std::uint64_t elements, std::uint64_t stride, std::uint64_t line_bytes, unsigned laps);

/// Runs one machine: a preset with settings as for `--set`. Once per process.
RunResult run_on(const std::string& preset, const std::vector<std::string>& settings, TraceReader& trace,
                 std::uint64_t warmup = 0, std::uint64_t limit = 0);

/// The same with the trace at a path, or `generated:` or `text:`. Optimal replacement needs it: it reads the trace
/// twice.
RunResult run_path_on(const std::string& preset, const std::vector<std::string>& settings, const std::string& path,
                      std::uint64_t warmup = 0, std::uint64_t limit = 0);

/// The value of a figure of the result.
double figure_of(const RunResult& result, const std::string& name);

}  // namespace tablewalk
