#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "trace/trace_reader.h"

namespace tablewalk::test {

/// A trace from a list.
class ListedTrace final : public TraceReader {
 public:
  explicit ListedTrace(std::vector<Record> records) : records_(std::move(records)) {}
  const TraceDescription& description() const override { return description_; }
  std::size_t read(Record* records, std::size_t capacity) override {
    const std::size_t count = std::min(capacity, records_.size() - place_);
    std::copy_n(records_.begin() + static_cast<std::ptrdiff_t>(place_), count, records);
    place_ += count;
    return count;
  }
  double progress() const override { return -1; }
  std::uint64_t checksum() const override { return 0; }

 private:
  std::vector<Record> records_;
  std::size_t place_ = 0;
  TraceDescription description_;
};

}  // namespace tablewalk::test
