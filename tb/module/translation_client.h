#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "links/clockwork.h"
#include "links/translate_link.h"

namespace tablewalk {

/// The initiator above a translator in a test: sends requests and records when each response is visible.
class TranslationClient : public sc_core::sc_module {
 public:
  explicit TranslationClient(sc_core::sc_module_name name)
      : sc_core::sc_module(name), translator_side("translator_side", *this) {}

  struct Asked {
    TranslationRequest request;
    std::optional<std::uint64_t> answered;  ///< the cycle in which the response is visible
    bool at_once = false;
  };

  TranslateInitiatorPort<TranslationClient> translator_side;
  PhysicalAddress root;  ///< of the following requests
  AddressSpaceId asid = 0;
  bool prefetch = false;  ///< whether they are prefetches

  /// Sends a request that is visible to the translator in `cycle`.
  const Asked& ask(std::uint64_t cycle, std::uint64_t va, AccessKind kind = AccessKind::Load, bool user = true) {
    Asked& asked = fresh(va, {kind, user});
    asked.request.begin_account(Cycles(cycle));
    translator_side.request_at(asked.request, Cycles(cycle));
    return asked;
  }
  /// Requests from a translator that may respond at once, now.
  const Asked& ask_now(std::uint64_t va, AccessKind kind = AccessKind::Load, bool user = true) {
    Asked& asked = fresh(va, {kind, user});
    Cycles cycle = Clockwork::of_simulation().now();
    if (translator_side.request(asked.request, cycle)) {
      asked.at_once = true;
      asked.answered = cycle.count();
    }
    return asked;
  }

  /// Invalidates in the translators below, now.
  void invalidate_now(const Invalidation& invalidation) {
    translator_side.invalidate(invalidation, Clockwork::of_simulation().now());
  }

  const std::deque<Asked>& all() const { return all_; }

  void receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
    Asked& asked = all_[request.tag];
    EXPECT_FALSE(asked.answered.has_value()) << "answered twice";
    EXPECT_GT(visible, Clockwork::of_simulation().now()) << "links are registered";
    EXPECT_EQ(request.accounted, visible) << "every cycle up to the answer is accounted for";
    EXPECT_EQ(request.route_depth, 0u);
    EXPECT_FALSE(request.overtaken && !request.prefetch);
    asked.answered = visible.count();
  }

 private:
  Asked& fresh(std::uint64_t va, Access access) {
    Asked& asked = all_.emplace_back();
    asked.request.va = VirtualAddress(va);
    asked.request.root = root;
    asked.request.asid = asid;
    asked.request.prefetch = prefetch;
    asked.request.access = access;
    asked.request.tag = static_cast<std::uint32_t>(all_.size() - 1);
    return asked;
  }

  std::deque<Asked> all_;  ///< by tag; references stay valid
};

}  // namespace tablewalk
