#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "observe/translation_parts.h"
#include "protocol/observers.h"

namespace tablewalk {

/// One answer to a translation. A page fault that the kernel repairs is an answer of its own, before that of the
/// repeated access.
struct ListedTranslation {
  unsigned core = 0;
  VirtualAddress va;
  AddressSpaceId asid = 0;
  Access access;
  bool at_once = false;            ///< a hit in the first-level TLB
  bool handled = false;            ///< a page fault that the kernel has handled
  std::optional<WalkRecord> walk;  ///< the walk that answered it; none after a hit in a TLB
  Answer answer;
  Cycles cycles;  ///< from request to answer, or to the end of the fault's handling; then from there on
  std::vector<TranslationPart> parts;  ///< of `cycles`, in order, if a fault was handled
};

/// Lists the first answers of a run, in their order.
class TranslationList final : public TranslationObserver, public WalkObserver {
 public:
  /// `shares_walks`: a walk may answer requests of several cores.
  explicit TranslationList(std::size_t most, bool shares_walks = true) : most_(most), shares_walks_(shares_walks) {}

  void translation_requested(const TranslationRequest& request, Cycles at) override;
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void kernel_worked(const TranslationRequest* request, const KernelSpan& span) override;
  void access_repeats(const TranslationRequest& request, Cycles at) override;
  void walk_finished(const WalkRecord& walk) override;

  const std::vector<ListedTranslation>& translations() const { return translations_; }
  /// Answers beyond the list's end.
  std::uint64_t omitted() const { return omitted_; }

 private:
  /// A request without an answer.
  struct Pending {
    explicit Pending(Cycles at) : since(at), parts(at) {}
    Cycles since;  ///< its request, or the end of its last fault
    TranslationParts parts;
  };

  void add(const TranslationRequest& request, Pending& pending, Cycles answered, bool at_once);
  std::optional<WalkRecord> walk_of(const TranslationRequest& request, Cycles since) const;

  std::size_t most_;
  bool shares_walks_;
  std::uint64_t omitted_ = 0;
  std::unordered_map<const TranslationRequest*, Pending> pending_;
  std::vector<WalkRecord> recent_walks_;  ///< the latest, oldest first
  std::vector<ListedTranslation> translations_;
};

}  // namespace tablewalk
