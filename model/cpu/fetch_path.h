#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/types.h"
#include "cpu/record_source.h"

namespace tablewalk {

/// Instructions that follow each other in one line of memory: what a front end fetches at once.
struct FetchBlock {
  std::uint64_t record = 0;  ///< of the trace, the first is 0: its first instruction, or the one that reaches into it
  VirtualAddress start;      ///< of its first byte
  bool user = true;
};

/// Finds the fetch blocks along a trace's path, ahead of the core, until an event or another address space.
class FetchPath {
 public:
  explicit FetchPath(unsigned line_shift) : line_shift_(line_shift) {}

  /// The next block; none if what has been read of the trace ends before it, or if it lies beyond an event.
  std::optional<FetchBlock> next(const RecordSource& source, AddressSpaceId asid);
  /// Goes on from that record, past what stopped it.
  void go_on_from(std::uint64_t record) {
    cursor_ = record;
    line_ = last_line_;
    expected_.reset();
    stopped_ = false;
  }
  /// The core is at that record, past others that were none of fetches.
  void catch_up_to(std::uint64_t record) { cursor_ = std::max(cursor_, record); }
  /// Whatever comes next begins a block.
  void end_block() { expected_.reset(); }
  /// The rest of the instruction whose block was found last is not fetched ahead.
  void skip_rest() { line_ = last_line_; }
  /// Every fetch before this record lies in the blocks found so far.
  std::uint64_t reached() const { return cursor_; }
  /// At an event, or before another address space: reading further would not help.
  bool stopped() const { return stopped_; }

 private:
  FetchBlock next_line();

  unsigned line_shift_;
  std::uint64_t cursor_ = 0;                ///< the next record to look at
  std::optional<VirtualAddress> expected_;  ///< where the next instruction of the open block begins
  std::uint64_t line_ = 0;                  ///< of the block found last, its number
  std::uint64_t last_line_ = 0;             ///< into which its last instruction reaches
  bool user_ = true;
  bool stopped_ = true;
};

}  // namespace tablewalk
