#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/types.h"
#include "cpu/access_filter.h"
#include "cpu/record_source.h"

namespace tablewalk {

/// Consecutive instructions in one cache line: fetched at once by the front end.
struct FetchBlock {
  std::uint64_t record =
      0;                 ///< number in the trace, from 0, of its first instruction, or of the one that crosses into it
  VirtualAddress start;  ///< address of its first byte
  bool user = true;
};

/// Finds the fetch blocks along the trace, ahead of the core, up to an event or another address space.
class FetchPath {
 public:
  explicit FetchPath(unsigned line_shift) : line_shift_(line_shift) {}

  /// The next block; none if it is beyond the records read so far, or beyond an event.
  std::optional<FetchBlock> next(const RecordSource& source, AddressSpaceId asid);
  /// From now on only accesses of that privilege are on the path.
  void stay_in_mode(bool user) {
    only_ = user ? Privilege::User : Privilege::Supervisor;
    open_ = no_access;
  }
  /// Continues at that record, past whatever stopped it.
  void go_on_from(std::uint64_t record) {
    cursor_ = record;
    line_ = last_line_;
    end_block();
    stopped_ = false;
  }
  /// The core has reached that record; the skipped ones are not fetches.
  void catch_up_to(std::uint64_t record) { cursor_ = std::max(cursor_, record); }
  /// The next instruction starts a new block.
  void end_block() {
    expected_.reset();
    open_ = no_access;
  }
  /// The rest of the instruction in the last block is not fetched ahead.
  void skip_rest() { line_ = last_line_; }
  /// Every fetch before this record lies in the blocks found so far.
  std::uint64_t reached() const { return cursor_; }
  /// Stopped at an event or before another address space: reading further does not help.
  bool stopped() const { return stopped_; }

 private:
  static constexpr std::uint32_t no_access = ~std::uint32_t{0};

  FetchBlock next_line();
  bool extend_path(const Record& fetch);
  /// Extends the path by an instruction that is as `open_` says and ends within the open block's line. False, without
  /// an effect, if it does not, or is not the next one.
  bool continues_block(const Record& fetch) {
    const VirtualAddress end = fetch.address + fetch.size;
    if (*expected_ != fetch.address || (end.value() - 1) >> line_shift_ != line_) return false;
    *expected_ = end;
    return true;
  }

  unsigned line_shift_;
  std::uint64_t cursor_ = 0;                ///< next record to examine
  std::optional<VirtualAddress> expected_;  ///< address of the next instruction if it continues the open block
  std::uint64_t line_ = 0;                  ///< line number of the last block
  std::uint64_t last_line_ = 0;             ///< line into which its last instruction crosses
  std::uint32_t open_ = no_access;          ///< what_is() of the instructions that continue the open block
  bool user_ = true;
  bool stopped_ = true;
  std::optional<Privilege> only_;  ///< the privilege on the path; none: both
};

}  // namespace tablewalk
