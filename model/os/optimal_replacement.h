#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "os/page_replacement.h"

namespace tablewalk {

/// Evicts the page whose next use is the farthest. Of pages that are never used again, the one in the highest slot goes
/// first, which makes no difference to the number of faults.
class OptimalReplacement final : public PageReplacement {
 public:
  OptimalReplacement(std::uint32_t slots, std::unique_ptr<FutureUses> future);

  void loaded(FrameSlot slot, PageKey page) override;
  void removed(FrameSlot slot) override;
  std::optional<FrameSlot> victim(ResidentPages& pages) override;
  bool observes_accesses() const override { return true; }
  void accessed(FrameSlot slot) override;
  std::uint64_t deviations() const override { return future_->deviations(); }

 private:
  struct Slot {
    bool resident = false;
    std::optional<FutureUses::Page> page;  ///< nothing if the program never uses the page
    std::uint32_t next_use = 0;
  };

  std::unique_ptr<FutureUses> future_;
  std::vector<Slot> slots_;
  std::set<std::pair<std::uint32_t, FrameSlot>> by_next_use_;  ///< the slots that hold a page
};

}  // namespace tablewalk
