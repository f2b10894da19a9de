#pragma once
#include <algorithm>
#include "trace/event_form.h"
#include "trace/trace_reader.h"
namespace tablewalk {
class ProcessReader : public TraceReader {
 public:
  ProcessReader(TraceReader& reader, std::size_t p, std::size_t n) : reader_(reader), p_(p), n_(n) {}
  const TraceDescription& description() const override { return reader_.description(); }
  double progress() const override { return reader_.progress(); }
  std::uint64_t checksum() const override { return reader_.checksum(); }
  std::size_t read(Record* records, std::size_t capacity) override {
    const std::size_t count = reader_.read(records, capacity);
    for (std::size_t i = 0; i < count; ++i) {
      if (is_event(records[i].kind) && form_of(records[i].kind).asid == AsidField::None) continue;
      records[i].asid = static_cast<AddressSpaceId>(records[i].asid * n_ + p_);
    }
    return count;
  }
 private:
  TraceReader& reader_;
  std::size_t p_, n_;
};
}
