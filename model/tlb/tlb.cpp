#include "tlb/tlb.h"

#include <algorithm>

namespace tablewalk {

Tlb::Tlb(sc_core::sc_module_name name, const TlbConfig& config, const PagingMode& mode, const char* misses_explained)
    : TimedModule(name),
      walker_side("walker_side", *this),
      arrays_(config, mode),
      mode_(mode),
      misses_explained_(misses_explained),
      registers_(config.miss_registers) {
  if (config.prefetches()) prefetch_ = std::make_unique<PrefetchUnit>(config, mode, arrays_);
}

void Tlb::receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
  answers_.push(visible, &request);
  wake_at(visible);
}

void Tlb::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  (invalidation.by_switch ? stats_.switched_out : stats_.invalidated) += arrays_.invalidate(invalidation);
  if (prefetch_ != nullptr) stats_.invalidated += prefetch_->invalidate(invalidation);
  answers_.for_each([&](TranslationRequest* request) { request->overtaken |= may_concern(invalidation, *request); });
  walker_side.invalidate(invalidation, cycle);
}

/// Whether a response that has arrived may contain something covered, also about its page's neighbours.
bool Tlb::may_concern(const Invalidation& invalidation, const TranslationRequest& answered) const {
  unsigned shift = mode_.root_entry_shift();
  const Translation& found = answered.answer.translation;
  const bool has_line = answered.line != nullptr && answered.line->held != 0;
  if (!answered.answer.faulted && (found.neighbours != 0 || has_line)) {
    shift = std::max(shift, std::min(63u, found.page_shift + Translation::most_neighbours_log2));
  }
  return invalidation.may_concern(answered.va, shift, answered.asid);
}

/// True if a register became free.
bool Tlb::take_answers(Cycles cycle) {
  bool released = false;
  while (answers_.due(cycle)) {
    TranslationRequest& answered = *answers_.front();
    answers_.pop();
    if (answered.overtaken && !answered.prefetch) {
      ask_again(answered, cycle);
      continue;
    }
    const std::uint32_t number = registers_.number_of(page_of(answered));
    const WaitingRequests waiting = registers_.release(number).requests();
    if (observer_ != nullptr) observer_->miss_ends(number, cycle);
    released = true;
    if (answered.prefetch) {
      take_prefetch(answered, waiting, cycle);
      continue;
    }
    if (!answered.answer.faulted && arrays_.install(answered.va, answered.asid, answered.answer.translation)) {
      ++stats_.fills;
    }
    if (prefetch_ != nullptr) note_answer(answered);
    respond_to_miss(answered, cycle + Cycles(1));
    answer_waiting(waiting, answered.answer, cycle);
  }
  return released;
}

/// The response may have been invalidated in flight. Requests waiting for it, some of them since the invalidation, keep
/// waiting.
[[gnu::noinline]] void Tlb::ask_again(TranslationRequest& request, Cycles cycle) {
  request.overtaken = false;
  ++stats_.resent;
  if (request.line != nullptr) request.line->held = 0;
  request.account(request.cycles.queue, cycle + Cycles(1));
  walker_side.request_at(request, cycle + Cycles(1));
}

/// All requests waiting for the page get the response too; those it does not serve (such as a store after a load's walk
/// left the dirty bit clear) send their own request.
void Tlb::answer_waiting(WaitingRequests waiting, const Answer& answer, Cycles cycle) {
  while (TranslationRequest* request = waiting.take()) {
    // The response may arrive before the waiting request's own lookup has ended.
    const Cycles ready = std::max(cycle, request->accounted);
    request->account(request->cycles.queue, ready);
    if (share_answer(mode_, answer, *request)) {
      count_miss(*request, stats_.merged_misses);
      respond_to_miss(*request, ready + Cycles(1));
    } else if (request->prefetch) {
      refuse_prefetch(*request, ready + Cycles(1));
    } else {
      start_or_stall(*request, ready + Cycles(1));
    }
  }
}

[[gnu::noinline]] void Tlb::retry_stalled(Cycles cycle) {
  while (stalled_.due(cycle)) {
    TranslationRequest& request = *stalled_.front();
    // Another request may have filled its page meanwhile.
    const TlbArrays::Hit hit = find(request, cycle);
    if (hit.translation == nullptr && !start_miss(request, cycle + Cycles(1))) return;
    stalled_.pop();
    if (hit.translation == nullptr) continue;
    count_miss(request, stats_.found_after_wait);
    request.answer_with(*hit.translation);
    request.account(request.cycles.queue, cycle);
    respond_to_miss(request, cycle + Cycles(1));
  }
}

/// After a failed retry, only a response helps: it frees a register or fills the page.
void Tlb::sleep_until_retry(Cycles cycle) {
  const bool tried = stalled_.due(cycle) && registers_.full();
  if (!stalled_.empty() && !tried) wake_at(std::max(stalled_.next_visible(), cycle + Cycles(1)));
}

void Tlb::start_or_stall(TranslationRequest& request, Cycles sent) {
  if (!start_miss(request, sent)) stalled_.push(sent, &request);
}

/// Merges with an outstanding miss of the page, or sends the request down, visible in cycle `sent`; false if no
/// register is free.
bool Tlb::start_miss(TranslationRequest& request, Cycles sent) {
  if (Waiting* waiting = registers_.find(page_of(request))) {
    waiting->add(request);
    if (waiting->prefetch != nullptr && !request.prefetch) join_prefetch(*waiting, request, sent);
    return true;
  }
  if (registers_.full()) return false;
  Waiting none;
  if (request.prefetch) none.prefetch = &request;
  const std::uint32_t number = registers_.take(page_of(request), none);
  if (observer_ != nullptr) observer_->miss_begins({number, request.va.value(), request.id}, sent);
  count_miss(request, stats_.sent_down);
  request.account(request.cycles.queue, sent);
  if (prefetch_ == nullptr || request.prefetch) {
    walker_side.request_at(request, sent);
    return true;
  }
  prefetch_->missed(request.va, request.asid);
  if (prefetch_->wants_lines()) prefetch_->want_line(request, number);
  walker_side.request_at(request, sent);
  prefetch_after(request, sent);
  return true;
}

/// Returns the response, visible to the requester in cycle `visible`.
void Tlb::respond(TranslationRequest& request, Cycles visible) {
  cpu_side_.port(request.pop_route()).respond(request, visible);
}

/// The same for a miss; cycles not accounted for so far are fill cycles.
void Tlb::respond_to_miss(TranslationRequest& request, Cycles visible) {
  request.account(request.cycles.fill, visible);
  if (!request.prefetch) stats_.miss_cycles += (visible - request.first_lookup()).count();
  respond(request, visible);
}

void Tlb::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  figures.begin(Section::Tlbs);
  figures.adds_up(prefix + ".lookups", {prefix + ".hits", prefix + ".misses"});
  figures.adds_up(prefix + ".misses", {prefix + ".sent_down", prefix + ".merged_misses", prefix + ".found_after_wait",
                                       prefix + ".range_hits"});
  count("lookups", stats_.lookups(), "lookups", "translations looked up in this TLB");
  count("hits", stats_.hits, "lookups", "lookups that hit in this TLB");
  count("misses", stats_.misses, "lookups", "lookups that missed: the kinds below").key().explain(misses_explained_);
  count("sent_down", stats_.sent_down, "lookups", "misses sent to the next translator")
      .explain("misses that went to the next TLB, or to the walker");
  count("merged_misses", stats_.merged_misses, "lookups", "misses merged with an outstanding miss of their page")
      .explain("misses merged with an outstanding miss of the same page");
  count("found_after_wait", stats_.found_after_wait, "lookups",
        "misses that waited for a free miss register and then found their page")
      .explain("misses that waited for a free miss register; by then their page had been filled");
  count("resent", stats_.resent, "requests", "requests resent because an invalidation overtook their response")
      .explain("requests resent because an invalidation overtook their response");
  count("fills", stats_.fills, "translations", "translations installed");
  count("invalidated", stats_.invalidated, "translations", "translations removed by invalidate events");
  count("switched_out", stats_.switched_out, "translations", "translations removed by switches of the address space");
  figures.ratio(prefix + ".miss_share", stats_.misses, stats_.lookups(), "share", "misses / lookups");
  figures.per_kilo_instruction(prefix + ".mpki", stats_.misses, "misses", "misses per thousand instructions")
      .key()
      .explain("misses per thousand instructions: comparable between programs of any length");
  figures
      .ratio(prefix + ".miss_latency_cycles.mean", stats_.miss_cycles, stats_.misses, "cycles",
             "mean over misses, from the lookup here to the response at the requester; including waiting for a free "
             "miss register")
      .explain(
          "from a miss's lookup in this TLB to its response at the requester, including waiting for a miss register");
  if (prefetch_ != nullptr) prefetch_->report(prefix + ".prefetch", figures);
  if (arrays_.coalesce()) report_coalescing(prefix + ".coalescing", figures);
}

void Tlb::report_coalescing(const std::string& prefix, StatSet& figures) const {
  const CoalescingStats stats = arrays_.coalescing();
  figures.count(prefix + ".fills", stats.fills, "translations", "translations installed in arrays that coalesce");
  figures.count(prefix + ".extended", stats.extended, "translations",
                "of these, added to an entry with pages of their group");
  figures.count(prefix + ".neighbours", stats.neighbours, "translations",
                "pages installed because they were contiguous with a page that was walked or found below");
  figures
      .count(prefix + ".used_neighbours", stats.used_neighbours, "translations",
             "of these, pages hit before they left: each is a miss avoided")
      .key()
      .explain("misses that coalescing avoided: pages that were there because a neighbour had been translated");
  figures
      .ratio(prefix + ".pages_per_entry", stats.pages, stats.fills, "pages",
             "pages in an entry after a fill, mean over fills")
      .key()
      .explain("how many pages an entry holds on average; 1 if frames are nowhere contiguous");
}

}  // namespace tablewalk
