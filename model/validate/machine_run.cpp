#include "validate/machine_run.h"

#include <algorithm>

#include "base/interrupt.h"
#include "config/loader.h"
#include "trace/random_source.h"

namespace tablewalk {

std::size_t RecordList::read(Record* records, std::size_t capacity) {
  const std::size_t count = std::min(capacity, records_.size() - place_);
  std::copy_n(records_.begin() + static_cast<std::ptrdiff_t>(place_), count, records);
  place_ += count;
  return count;
}

std::vector<Record> chase(std::uint64_t elements, std::uint64_t stride, std::uint64_t line_bytes, unsigned laps) {
  constexpr std::uint64_t base = std::uint64_t{1} << 30;
  constexpr std::uint64_t page = 4096;
  RandomSource random(1);
  ScatteredCycle order(elements, random);
  std::vector<Record> records;
  records.reserve(elements * laps);
  for (std::uint64_t i = 0; i < elements * laps; ++i) {
    const std::uint64_t element = order.next();
    const std::uint64_t line = stride < page ? 0 : element % (page / line_bytes);
    Record record;
    record.address = VirtualAddress(base + element * stride + line * line_bytes);
    record.size = 8;
    record.distance = 1;
    records.push_back(record);
  }
  return records;
}

namespace {

RunOptions options_of(std::uint64_t warmup, std::uint64_t limit) {
  RunOptions options;
  options.warmup = warmup;
  options.limit = limit;
  options.stop = &interrupt_flag();
  return options;
}

}  // namespace

RunResult run_on(const std::string& preset, const std::vector<std::string>& settings, TraceReader& trace,
                 std::uint64_t warmup, std::uint64_t limit) {
  return run_machine(load_config<MachineConfig>({preset, settings}), trace, options_of(warmup, limit));
}

RunResult run_path_on(const std::string& preset, const std::vector<std::string>& settings, const std::string& path,
                      std::uint64_t warmup, std::uint64_t limit) {
  RunOptions options = options_of(warmup, limit);
  options.trace_path = path;
  return run_machine(load_config<MachineConfig>({preset, settings}), options);
}

double figure_of(const RunResult& result, const std::string& name) {
  return result.stats.at(name).value();
}

}  // namespace tablewalk
