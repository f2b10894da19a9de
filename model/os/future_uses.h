#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "os/page_key.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// When each page of a process will be used next, known from its trace. Accesses in a row to the same page are one use;
/// an access that crosses a page boundary uses both pages. Uses are numbered from 0. Takes 8 bytes per use, and a map
/// of the pages.
class FutureUses {
 public:
  /// The dense number of a page that the trace uses.
  using Page = std::uint32_t;
  /// The use of a page that is not used again.
  static constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();

  /// Adds a use; those already passed must be none.
  void add(PageKey page);
  /// Adds the uses of the next `records` records, or of all that are left.
  void add(TraceReader& trace, std::uint64_t page_bytes,
           std::uint64_t records = std::numeric_limits<std::uint64_t>::max());

  /// The number of uses.
  std::uint32_t size() const { return static_cast<std::uint32_t>(page_of_use_.size()); }
  /// Nothing if the page is never used.
  std::optional<Page> find(PageKey page) const;
  /// The page's first use after the uses that have passed; `never` if there is none.
  std::uint32_t next_use(Page page);
  /// The program has accessed the page: its use passes, unless it was the last to pass. An access that is not the one
  /// expected next counts as a deviation. It is looked for among the uses that follow soon, so that uses left out do
  /// no harm.
  void accessed(Page page);
  std::uint64_t deviations() const { return deviations_; }

 private:
  /// Where an unexpected access is looked for: this many uses ahead.
  static constexpr std::uint32_t window = 64;

  Page number_of(PageKey page);
  void link();

  std::unordered_map<PageKey, Page, PageKeyHash> pages_;
  std::vector<Page> page_of_use_;
  std::vector<std::uint32_t> next_of_use_;   ///< by use: the next one of the same page; filled by link()
  std::vector<std::uint32_t> next_of_page_;  ///< by page: a use of it, before which all of its uses have passed
  std::uint32_t passed_ = 0;                 ///< uses that have passed
  std::uint64_t deviations_ = 0;
};

}  // namespace tablewalk
