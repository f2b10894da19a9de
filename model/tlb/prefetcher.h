#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/types.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// A lookup that missed in a TLB, or that would have missed without its prefetcher: the first hit on a prefetched page.
struct PrefetchCause {
  std::uint64_t page = 0;  ///< number, in units of PrefetchConfig::page_bytes
  AddressSpaceId asid = 0;
  std::optional<VirtualAddress> instruction;  ///< that made the access, if the trace has fetches
};

/// Predicts pages. missed() is called once per cause, in order, and adds the pages expected next to `wanted`, which is
/// empty: the most likely first, no more than `degree`, each once, and never the page itself. Numbers wrap around at
/// 2^64; the caller leaves out what does not exist. No time, no tables, no TLB.
class Prefetcher {
 public:
  virtual ~Prefetcher() = default;
  virtual void missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) = 0;
};

/// The pages that follow the one missed.
class NextPagePrefetcher final : public Prefetcher {
 public:
  explicit NextPagePrefetcher(std::uint32_t degree) : degree_(degree) {}
  void missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) override;

 private:
  std::uint32_t degree_;
};

/// The next steps of an instruction whose last two steps between misses were equal and not 0. A direct-mapped table
/// remembers instructions; without fetches in the trace, all accesses are of one instruction. A miss of the same page
/// again is no step.
class StridePrefetcher final : public Prefetcher {
 public:
  StridePrefetcher(std::uint32_t degree, std::uint32_t rows) : degree_(degree), rows_(rows) {}
  void missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) override;

 private:
  struct Row {
    bool valid = false;
    std::uint64_t instruction = 0;
    AddressSpaceId asid = 0;
    std::uint64_t last = 0;
    std::uint64_t step = 0;
  };
  std::uint32_t degree_;
  std::vector<Row> rows_;
};

/// The distances that followed the present one before: a direct-mapped table has for each distance between two misses
/// in a row up to `degree` distances that came next, the last one first. Misses of one address space follow one
/// another; a miss of the same page again is no distance.
class DistancePrefetcher final : public Prefetcher {
 public:
  DistancePrefetcher(std::uint32_t degree, std::uint32_t rows) : degree_(degree), rows_(rows) {}
  void missed(const PrefetchCause& cause, std::vector<std::uint64_t>& wanted) override;

 private:
  struct Row {
    bool valid = false;
    std::uint64_t distance = 0;
    std::vector<std::uint64_t> next;  ///< distances that followed, the last one first
  };
  Row& row_of(std::uint64_t distance) { return rows_[distance % rows_.size()]; }
  void remember(std::uint64_t distance, std::uint64_t next);

  std::uint32_t degree_;
  std::vector<Row> rows_;
  std::optional<std::uint64_t> last_;
  std::optional<std::uint64_t> last_distance_;
  AddressSpaceId asid_ = 0;
};

/// nullptr for the kinds that predict nothing: none, and line.
std::unique_ptr<Prefetcher> make_prefetcher(const PrefetchConfig& config);

}  // namespace tablewalk
