#pragma once
#include <vector>
#include "trace/trace_reader.h"
namespace tablewalk {
class ThreadReader : public TraceReader {
 public:
  ThreadReader(TraceReader& reader, unsigned) : reader_(reader) {}
  const TraceDescription& description() const override { return reader_.description(); }
  double progress() const override { return reader_.progress(); }
  std::uint64_t checksum() const override { return reader_.checksum(); }
  std::size_t read(Record* records, std::size_t capacity) override { return reader_.read(records, capacity); }
 private:
  TraceReader& reader_;
};
inline std::vector<unsigned> threads_of(const std::string&, const std::string&) { return {}; }
}
