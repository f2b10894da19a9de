#include "tlb/tlb.h"

#include <algorithm>

namespace tablewalk {

Tlb::Tlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, const char* misses_explained)
    : TimedModule(name),
      walker_side("walker_side", *this),
      arrays_(config, mode),
      mode_(mode),
      misses_explained_(misses_explained),
      registers_(config.miss_registers) {}

void Tlb::receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
  answers_.push(visible, &request);
  wake_at(visible);
}

void Tlb::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  (invalidation.by_switch ? stats_.switched_out : stats_.invalidated) += arrays_.invalidate(invalidation);
  answers_.for_each([&](TranslationRequest* request) {
    request->overtaken |= invalidation.may_concern(request->va, mode_.root_entry_shift(), request->asid);
  });
  walker_side.invalidate(invalidation, cycle);
}

/// True if a register became free.
bool Tlb::take_answers(Cycles cycle) {
  bool released = false;
  while (answers_.due(cycle)) {
    TranslationRequest& answered = *answers_.front();
    answers_.pop();
    if (answered.overtaken) {
      ask_again(answered, cycle);
      continue;
    }
    const WaitingRequests waiting = registers_.release_of(page_of(answered));
    released = true;
    if (!answered.answer.faulted && arrays_.install(answered.va, answered.asid, answered.answer.translation)) {
      ++stats_.fills;
    }
    respond_to_miss(answered, cycle + Cycles(1));
    answer_waiting(waiting, answered.answer, cycle);
  }
  return released;
}

/// What an answer says may have been invalidated while it was on its way up. Those who wait for it, some of them since
/// the invalidation, go on waiting.
[[gnu::noinline]] void Tlb::ask_again(TranslationRequest& request, Cycles cycle) {
  request.overtaken = false;
  ++stats_.resent;
  request.account(request.cycles.queue, cycle + Cycles(1));
  walker_side.request_at(request, cycle + Cycles(1));
}

/// Everybody who waited for the page gets the answer too; those whom it does not serve (a store after a load's walk
/// left the dirty bit clear, say) ask for themselves.
void Tlb::answer_waiting(WaitingRequests waiting, const Answer& answer, Cycles cycle) {
  while (TranslationRequest* request = waiting.take()) {
    // The answer may come before the waiting request's own lookup has ended.
    const Cycles ready = std::max(cycle, request->accounted);
    request->account(request->cycles.queue, ready);
    if (share_answer(mode_, answer, *request)) {
      count_miss(stats_.merged_misses);
      respond_to_miss(*request, ready + Cycles(1));
    } else {
      start_or_stall(*request, ready + Cycles(1));
    }
  }
}

[[gnu::noinline]] void Tlb::retry_stalled(Cycles cycle) {
  while (stalled_.due(cycle)) {
    TranslationRequest& request = *stalled_.front();
    // Its page may have come in with somebody else's miss since.
    const TlbArrays::Hit hit = find(request);
    if (hit.translation == nullptr && !start_miss(request, cycle + Cycles(1))) return;
    stalled_.pop();
    if (hit.translation == nullptr) continue;
    count_miss(stats_.found_after_wait);
    request.answer_with(*hit.translation);
    request.account(request.cycles.queue, cycle);
    respond_to_miss(request, cycle + Cycles(1));
  }
}

/// One that has been tried, in vain, is tried again when an answer comes: only that frees a register or brings a page.
void Tlb::sleep_until_retry(Cycles cycle) {
  const bool tried = stalled_.due(cycle) && registers_.full();
  if (!stalled_.empty() && !tried) wake_at(std::max(stalled_.next_visible(), cycle + Cycles(1)));
}

void Tlb::start_or_stall(TranslationRequest& request, Cycles sent) {
  if (!start_miss(request, sent)) stalled_.push(sent, &request);
}

/// Joins the page's miss under way, or sends the request down so that it is seen in cycle `sent`; false if no register
/// is free.
bool Tlb::start_miss(TranslationRequest& request, Cycles sent) {
  if (WaitingRequests* waiting = registers_.find(page_of(request))) {
    waiting->add(request);
    return true;
  }
  if (registers_.full()) return false;
  registers_.take(page_of(request), {});
  count_miss(stats_.sent_down);
  request.account(request.cycles.queue, sent);
  walker_side.request_at(request, sent);
  return true;
}

/// Hands the answer back so that the neighbour sees it in cycle `visible`.
void Tlb::respond(TranslationRequest& request, Cycles visible) {
  cpu_side_.port(request.pop_route()).respond(request, visible);
}

/// The same for one that missed here; the cycles until then that are nobody's are those of the fill.
void Tlb::respond_to_miss(TranslationRequest& request, Cycles visible) {
  request.account(request.cycles.fill, visible);
  stats_.miss_cycles += (visible - request.first_lookup()).count();
  respond(request, visible);
}

void Tlb::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  figures.begin(Section::Tlbs);
  figures.adds_up(prefix + ".lookups", {prefix + ".hits", prefix + ".misses"});
  figures.adds_up(prefix + ".misses", {prefix + ".sent_down", prefix + ".merged_misses", prefix + ".found_after_wait"});
  count("lookups", stats_.lookups, "lookups", "translations looked up in this TLB");
  count("hits", stats_.hits, "lookups", "lookups answered by this TLB");
  count("misses", stats_.misses, "lookups", "lookups that did not find their page: the three kinds below")
      .key()
      .explain(misses_explained_);
  count("sent_down", stats_.sent_down, "lookups", "misses that were sent to the next translator")
      .explain("misses that went to the next TLB, or to the walker");
  count("merged_misses", stats_.merged_misses, "lookups", "misses answered by a request for their page under way")
      .explain("misses that another request for the same page, already under way, answered");
  count("found_after_wait", stats_.found_after_wait, "lookups",
        "misses that waited for a free miss register and then found their page there")
      .explain("misses that waited for a free miss register, and found their page there by then");
  count("resent", stats_.resent, "requests", "requests sent down again because an invalidation overtook their answer")
      .explain("requests sent down again: an invalidation overtook their answer");
  count("fills", stats_.fills, "translations", "translations put in");
  count("invalidated", stats_.invalidated, "translations", "translations that invalidate events took out");
  count("switched_out", stats_.switched_out, "translations",
        "translations that switches of the address space took out");
  figures.ratio(prefix + ".miss_share", stats_.misses, stats_.lookups, "share", "misses / lookups");
  figures.per_kilo_instruction(prefix + ".mpki", stats_.misses, "misses", "misses per thousand instructions")
      .key()
      .explain("misses per thousand instructions: comparable between programs of any length");
  figures
      .ratio(prefix + ".miss_latency_cycles.mean", stats_.miss_cycles, stats_.misses, "cycles",
             "of a miss, from its lookup here until its answer is one level up; waiting for a free miss register "
             "included: mean")
      .explain(
          "from a miss's lookup in this TLB to its answer one level up; waiting for a miss register is part of it");
}

}  // namespace tablewalk
