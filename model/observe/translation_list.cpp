#include "observe/translation_list.h"

#include <algorithm>

namespace tablewalk {
namespace {

/// No machine has more walks in flight whose answers are still on their way.
constexpr std::size_t kept_walks = 1024;
constexpr unsigned smallest_page_shift = 12;

}  // namespace

/// The answer may be shared: a walk is that of any request for its page.
std::optional<WalkRecord> TranslationList::walk_of(const TranslationRequest& request, Cycles since) const {
  const auto answers = [&](const WalkRecord& walk) {
    const unsigned shift = walk.answer.faulted ? smallest_page_shift : walk.answer.translation.page_shift;
    return walk.asid == request.asid && walk.answered >= since &&
           (shares_walks_ || walk.translation.core() == request.id.core()) &&
           walk.va.value() >> shift == request.va.value() >> shift;
  };
  const auto found = std::find_if(recent_walks_.rbegin(), recent_walks_.rend(), answers);
  return found == recent_walks_.rend() ? std::nullopt : std::optional<WalkRecord>(*found);
}

void TranslationList::add(const TranslationRequest& request, Pending& pending, Cycles answered, bool at_once) {
  if (translations_.size() == most_) {
    ++omitted_;
    return;
  }
  ListedTranslation one;
  one.core = request.id.core();
  one.va = request.va;
  one.asid = request.space;
  one.access = request.access;
  one.at_once = at_once;
  one.handled = !pending.parts.empty();
  one.answer = request.answer;
  one.cycles = answered - pending.since;
  one.parts = pending.parts.take();
  if (!at_once) one.walk = walk_of(request, pending.since);
  translations_.push_back(std::move(one));
}

void TranslationList::translation_requested(const TranslationRequest& request, Cycles at) {
  pending_.insert_or_assign(&request, Pending(at));
}

void TranslationList::translation_answered(const TranslationRequest& request, Cycles /*asked*/, Cycles answered,
                                           bool answered_at_once) {
  const auto pending = pending_.find(&request);
  add(request, pending->second, answered, answered_at_once);
  pending_.erase(pending);
}

void TranslationList::kernel_worked(const TranslationRequest* request, const KernelSpan& span) {
  if (request != nullptr && translations_.size() != most_) pending_.at(request).parts.add(*request, span);
}

void TranslationList::access_repeats(const TranslationRequest& request, Cycles at) {
  Pending& pending = pending_.at(&request);
  add(request, pending, at, false);
  pending = Pending(at);
}

void TranslationList::walk_finished(const WalkRecord& walk) {
  if (translations_.size() == most_) return;
  if (recent_walks_.size() == kept_walks) recent_walks_.erase(recent_walks_.begin());
  recent_walks_.push_back(walk);
}

}  // namespace tablewalk
