#pragma once

#include <deque>
#include <functional>

#include "base/error.h"
#include "links/timed_module.h"
#include "links/translate_link.h"
#include "protocol/inbox.h"
#include "support/dice.h"

namespace tablewalk::test {

/// The requester above a walker in a co-simulation: sends random requests on two ports, a limited number in flight, and
/// invalidates in between.
class Asker final : public TimedModule {
 public:
  struct Plan {
    std::uint64_t requests = 0;
    std::uint32_t at_a_time = 1;
    std::uint32_t pause = 1;                                  ///< maximum number of cycles between two requests
    unsigned invalidations = 0;                               ///< percentage of request cycles with an invalidation
    std::function<void(TranslationRequest&)> ask;             ///< fills in a random request
    std::function<Invalidation()> invalidate;                 ///< makes an invalidation; may change tables
    std::function<void(const TranslationRequest&)> answered;  ///< called for each response; may be empty
  };

  Asker(sc_core::sc_module_name name, Plan plan, Dice& dice)
      : TimedModule(name, Phase::Middle),
        first("first", *this, 0),
        second("second", *this, 1),
        plan_(std::move(plan)),
        dice_(dice),
        requests_(plan_.at_a_time) {
    for (TranslationRequest& request : requests_) free_.push_back(&request);
    wake_at(Cycles(1));
  }

  TranslateInitiatorPort<Asker> first;
  TranslateInitiatorPort<Asker> second;

  std::uint64_t answers() const { return answers_; }

  void receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
    if (request.accounted != visible || request.route_depth != 0) {
      throw LawViolation("the cycles of a translation do not add up");
    }
    ++answers_;
    if (plan_.answered) plan_.answered(request);
    returned_.push(visible, &request);
    if (asked_ < plan_.requests) wake_at(visible);
  }

 private:
  void on_cycle() override {
    for (; returned_.due(now()); returned_.pop()) free_.push_back(returned_.front());
    if (asked_ == plan_.requests) return;
    if (dice_.chance(plan_.invalidations)) {
      first.invalidate(plan_.invalidate(), now());
    }
    if (free_.empty()) return;  // a response wakes it
    TranslationRequest& request = *free_.front();
    free_.pop_front();
    request.accounting = false;
    plan_.ask(request);
    ++asked_;
    (dice_.chance(50) ? first : second).request_at(request, now() + Cycles(dice_.between(1, 3)));
    wake_at(now() + Cycles(dice_.between(1, plan_.pause)));
  }

  Plan plan_;
  Dice& dice_;
  std::deque<TranslationRequest> requests_;
  std::deque<TranslationRequest*> free_;
  Inbox<TranslationRequest*> returned_;
  std::uint64_t asked_ = 0;
  std::uint64_t answers_ = 0;
};

}  // namespace tablewalk::test
