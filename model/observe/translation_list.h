#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/observers.h"

namespace tablewalk {

/// One answer to a translation. A page fault that the kernel repairs is an answer of its own, before that of the
/// repeated access.
struct ListedTranslation {
  VirtualAddress va;
  AddressSpaceId asid = 0;
  Access access;
  bool at_once = false;            ///< a hit in the first-level TLB
  bool handled = false;            ///< a page fault that the kernel repaired; the access is repeated
  std::optional<WalkRecord> walk;  ///< the walk that answered it; none after a hit in a TLB
  Answer answer;
  Cycles cycles;  ///< from request to answer, or to the end of the fault's handling; then from there on
};

/// Lists the first answers of a run, in their order.
class TranslationList final : public TranslationObserver, public WalkObserver {
 public:
  explicit TranslationList(std::size_t most) : most_(most) {}

  void translation_requested(const TranslationRequest& request, Cycles at) override;
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void fault_handled(const TranslationRequest& request, Cycles at) override;
  void walk_finished(const WalkRecord& walk) override;

  const std::vector<ListedTranslation>& translations() const { return translations_; }
  /// Answers beyond the list's end.
  std::uint64_t omitted() const { return omitted_; }

 private:
  void add(const TranslationRequest& request, Cycles since, Cycles answered, bool at_once, bool handled);
  std::optional<WalkRecord> walk_of(const TranslationRequest& request, Cycles since) const;

  std::size_t most_;
  std::uint64_t omitted_ = 0;
  std::unordered_map<const TranslationRequest*, Cycles> pending_;  ///< since their request, or their last fault
  std::vector<WalkRecord> recent_walks_;                           ///< the latest, oldest first
  std::vector<ListedTranslation> translations_;
};

}  // namespace tablewalk
