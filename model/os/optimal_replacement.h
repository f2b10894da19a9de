#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "os/page_replacement.h"

namespace tablewalk {

/// Evicts the page whose next use is the farthest. The pages are in a heap by their next use, whose root is the
/// farthest. Of pages that are never used again, any may go.
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
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  /// A page in memory. `page` is `none` if the program never uses it.
  struct Slot {
    FutureUses::Page page = none;
    std::uint32_t next_use = 0;
    std::uint32_t place = none;  ///< in the heap; `none`: the slot holds no page
  };

  void insert(FrameSlot slot);
  void put(std::uint32_t place, FrameSlot slot);
  void rise(std::uint32_t place);
  void sink(std::uint32_t place);

  std::unique_ptr<FutureUses> future_;
  std::vector<Slot> slots_;
  std::vector<FrameSlot> heap_;
  std::vector<FrameSlot> aside_;  ///< pinned pages during victim()
};

}  // namespace tablewalk
