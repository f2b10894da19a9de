#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "os/access_check.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// Passes a trace's records on and compares its accesses with its own layout.
class LayoutSummary : public TraceReader {
 public:
  explicit LayoutSummary(TraceReader& reader) : reader_(reader) {}

  const TraceDescription& description() const override { return reader_.description(); }
  double progress() const override { return reader_.progress(); }
  std::uint64_t checksum() const override { return reader_.checksum(); }
  std::size_t read(Record* records, std::size_t capacity) override;

  /// Whether the trace has a layout.
  bool given() const { return !follower_.spaces().empty(); }
  /// Accesses at user privilege that touch a byte outside of the regions, or one without the right.
  std::uint64_t violations() const { return violations_; }
  /// The record's number, from 1, and what is wrong with it; if there is one.
  std::uint64_t first_violation() const { return first_violation_; }
  const std::string& first_text() const { return first_text_; }
  /// At the end of what was read.
  const std::map<AddressSpaceId, Regions>& spaces() const { return follower_.spaces(); }

 private:
  bool allowed(const Record& record);

  TraceReader& reader_;
  LayoutFollower follower_;
  std::uint64_t records_ = 0;
  std::uint64_t violations_ = 0;
  std::uint64_t first_violation_ = 0;
  std::string first_text_;
};

/// The part of `trace info` about the layout; the text is empty without one, and lists the `top` largest regions.
nlohmann::ordered_json layout_json(const LayoutSummary& summary);
std::string layout_text(const LayoutSummary& summary, std::size_t top);

}  // namespace tablewalk
