#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "os/future_uses.h"
#include "os/page_key.h"
#include "os/page_replacement_config.h"

namespace tablewalk {

/// The number of a frame that may hold a page: dense, from 0.
using FrameSlot = std::uint32_t;

/// What a policy asks the pager about the pages in memory.
class ResidentPages {
 public:
  virtual ~ResidentPages() = default;
  /// The accessed bit of the page in this frame, or'ed over all its mappings. It is cleared, so a stale TLB entry would
  /// hide later accesses unless the pager invalidates it.
  virtual bool test_and_clear_accessed(FrameSlot slot) = 0;
  /// Whether the page must stay for now: it is being read or written, or locked.
  virtual bool pinned(FrameSlot /*slot*/) const { return false; }
};

/// Chooses the pages that leave memory. It knows which slots hold a page and nothing else about them. All calls are in
/// the order of the events in the kernel. State per slot is constant, and an access allocates no memory.
class PageReplacement {
 public:
  virtual ~PageReplacement() = default;

  /// A page has got this slot, which held none.
  virtual void loaded(FrameSlot slot, PageKey page) = 0;
  /// The page left otherwise than as a victim: it was unmapped, or its process ended.
  virtual void removed(FrameSlot slot) = 0;
  /// Chooses a page to evict and forgets it. Nothing if there is no page that is not pinned.
  virtual std::optional<FrameSlot> victim(ResidentPages& pages) = 0;

  /// The periodic scan of the accessed bits, for aging and generations; the others need none.
  virtual void tick(ResidentPages& /*pages*/) {}

  /// Whether accessed() must be called for the program's accesses, in program order: after loaded() also for the access
  /// that faulted. Of accesses in a row to the same page, all but the first may be left out.
  virtual bool observes_accesses() const { return false; }
  virtual void accessed(FrameSlot /*slot*/) {}

  /// Accesses that were not those expected from `future`: none if the program runs on one core as traced.
  virtual std::uint64_t deviations() const { return 0; }
};

/// Whether the policy needs `future`.
inline bool needs_future(const PageReplacementConfig& config) {
  return config.policy == PageReplacementKind::Optimal;
}

/// The policy for slots 0 to `slots` - 1. Calls that contradict each other, such as loading a slot twice, throw
/// LawViolation, and so does a missing `future`.
std::unique_ptr<PageReplacement> make_page_replacement(const PageReplacementConfig& config, std::uint32_t slots,
                                                       std::unique_ptr<FutureUses> future = nullptr);

}  // namespace tablewalk
