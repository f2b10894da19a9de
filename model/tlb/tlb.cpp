#include "tlb/tlb.h"

#include <algorithm>
#include <utility>

namespace tablewalk {
namespace {

std::vector<unsigned> page_shifts(const PagingMode& mode) {
  std::vector<unsigned> shifts;
  for (const PageSize& size : mode.page_sizes()) shifts.push_back(size.shift);
  return shifts;
}

}  // namespace

Tlb::Tlb(sc_core::sc_module_name name, Service service, const TlbConfig& config, const PagingMode& mode, unsigned ports)
    : TimedModule(name),
      walker_side("walker_side", *this),
      service_(service),
      mode_(mode),
      page_shift_(mode.offset_bits()),
      miss_latency_(1),
      lookups_per_cycle_(config.lookups_per_cycle),
      cpu_side_("cpu_side", *this, ports),
      registers_(config.miss_registers) {
  if (!config.enabled) return;
  for (const TlbArrayConfig& array : config.arrays) {
    arrays_.emplace_back(array, page_shifts(mode));
    latencies_.push_back(array.latency_cycles);
    may_reuse_last_ &= arrays_.back().may_reuse_last();
    miss_latency_ = std::max(miss_latency_, array.latency_cycles);
  }
}

bool Tlb::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  if (service_ == Service::Registered) {
    cpu_side_.arrivals().push(cycle, &request, port);
    if (!blocked_) wake_at(cycle);
    return false;
  }
  const bool missed = std::exchange(looked_up_, false);
  const Translation* found = missed ? nullptr : look_up(request.va, request.asid, request.access, cycle);
  looked_up_ = false;
  if (found == nullptr) {
    miss(port, request, cycle);
    return false;
  }
  request.answer_with(*found);
  return true;
}

const Translation* Tlb::look_up(VirtualAddress va, AddressSpaceId asid, Access access, Cycles& cycle) {
  // Most accesses are to the page of the one before. To find it again would change nothing: the last entry that was
  // used is used once more.
  const Page page = page_of(va, asid);
  if (!again_.serves(page, access)) {
    const Hit hit = find(va, asid, access);
    looked_up_ = hit.translation == nullptr;
    if (looked_up_) return nullptr;
    if (may_reuse_last_) again_ = {hit, page, access};
    return count_hit(hit, cycle);
  }
  return count_hit(again_.hit, cycle);
}

/// A first-level lookup that missed in `cycle`.
void Tlb::miss(unsigned port, TranslationRequest& request, Cycles cycle) {
  request.begin_account(cycle);
  request.push_route(port, cycle);
  request.account(request.cycles.tlb_lookup, cycle + miss_latency_);
  start_or_stall(request, cycle + miss_latency_);
}

void Tlb::receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
  answers_.push(visible, &request);
  wake_at(visible);
}

void Tlb::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  std::uint64_t& taken_out = invalidation.by_switch ? stats_.switched_out : stats_.invalidated;
  for (TlbArray& array : arrays_) taken_out += array.invalidate(invalidation);
  again_ = {};
  answers_.for_each([&](TranslationRequest* request) {
    request->overtaken |= invalidation.may_concern(request->va, mode_.root_entry_shift(), request->asid);
  });
  walker_side.invalidate(invalidation, cycle);
}

/// One function, as in a cache: of a wake's parts most have nothing to do, and none is long.
[[gnu::flatten]] void Tlb::on_cycle() {
  const Cycles cycle = now();
  take_answers(cycle);
  if (stalled_.due(cycle)) retry_stalled(cycle);
  look_up_arrivals(cycle);
  sleep(cycle);
}

void Tlb::take_answers(Cycles cycle) {
  while (answers_.due(cycle)) {
    TranslationRequest& answered = *answers_.front();
    answers_.pop();
    if (answered.overtaken) {
      ask_again(answered, cycle);
      continue;
    }
    const WaitingRequests waiting = registers_.release_of(page_of(answered));
    blocked_ = false;
    if (!answered.answer.faulted) install(answered);
    respond(answered, cycle);
    answer_waiting(waiting, answered.answer, cycle);
  }
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
      respond(*request, ready);
    } else {
      start_or_stall(*request, ready + Cycles(1));
    }
  }
}

[[gnu::noinline]] void Tlb::retry_stalled(Cycles cycle) {
  while (stalled_.due(cycle)) {
    TranslationRequest& request = *stalled_.front();
    // Its page may have come in with somebody else's miss since.
    const Hit hit = find(request);
    if (hit.translation == nullptr && !start_miss(request, cycle + Cycles(1))) return;
    stalled_.pop();
    if (hit.translation == nullptr) continue;
    count_miss(stats_.found_after_wait);
    request.answer_with(*hit.translation);
    request.account(request.cycles.queue, cycle);
    respond(request, cycle);
  }
}

void Tlb::look_up_arrivals(Cycles cycle) {
  Inbox<TranslationRequest*>& arrivals = cpu_side_.arrivals();
  for (std::uint32_t left = lookups_per_cycle_; left != 0 && !blocked_ && arrivals.due(cycle); --left) {
    if (!finish_lookup(arrivals.front_port(), *arrivals.front(), cycle)) {
      blocked_ = true;
      return;
    }
    arrivals.pop();
  }
}

/// False if the request missed and found no free register: it is looked up again when there is one.
bool Tlb::finish_lookup(unsigned port, TranslationRequest& request, Cycles cycle) {
  if (blocked_arrival_ != &request) blocked_since_ = cycle;
  const Hit hit = find(request);
  if (hit.translation == nullptr && registers_.full() && registers_.find(page_of(request)) == nullptr) {
    blocked_arrival_ = &request;
    return false;
  }
  const bool waited = blocked_arrival_ == &request;
  blocked_arrival_ = nullptr;
  request.push_route(port, blocked_since_);
  request.account(request.cycles.queue, cycle);
  if (hit.translation == nullptr) {
    request.account(request.cycles.tlb_lookup, cycle + miss_latency_);
    start_miss(request, cycle + miss_latency_);
    return true;
  }
  request.answer_with(*hit.translation);
  const Cycles answered = cycle + latencies_[hit.array];
  request.account(request.cycles.tlb_lookup, answered);
  if (waited) {
    count_miss(stats_.found_after_wait);
    stats_.miss_cycles += (answered - request.first_lookup()).count();
  } else {
    ++stats_.lookups;
    ++stats_.hits;
  }
  cpu_side_.port(request.pop_route()).respond(request, answered);
  return true;
}

void Tlb::sleep(Cycles cycle) {
  // One that has been tried, in vain, is tried again when an answer comes: only that frees a register or brings a page.
  const bool tried = stalled_.due(cycle) && registers_.full();
  if (!stalled_.empty() && !tried) wake_at(std::max(stalled_.next_visible(), cycle + Cycles(1)));
  const Inbox<TranslationRequest*>& arrivals = cpu_side_.arrivals();
  if (!blocked_ && !arrivals.empty()) wake_at(std::max(arrivals.next_visible(), cycle + Cycles(1)));
}

Tlb::Hit Tlb::find(VirtualAddress va, AddressSpaceId asid, Access access) {
  again_.hit = {};
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    if (const Translation* found = arrays_[i].find(va, asid, access)) return {found, i};
  }
  return {};
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

void Tlb::install(const TranslationRequest& request) {
  if (!install_in(arrays_, mode_, request.va, request.asid, request.answer.translation)) return;
  ++stats_.fills;
  again_ = {};
}

/// Hands the answer back so that the neighbour sees it in the next cycle.
void Tlb::respond(TranslationRequest& request, Cycles cycle) {
  request.account(request.cycles.fill, cycle + Cycles(1));
  stats_.miss_cycles += (cycle + Cycles(1) - request.first_lookup()).count();
  cpu_side_.port(request.pop_route()).respond(request, cycle + Cycles(1));
}

void Tlb::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  count("lookups", stats_.lookups, "lookups", "translations looked up in this TLB");
  count("hits", stats_.hits, "lookups", "lookups answered by this TLB");
  count("misses", stats_.misses, "lookups", "lookups that did not find their page: the three kinds below")
      .key()
      .explain(service_ == Service::AtOnce
                   ? "accesses whose page this first-level TLB did not know"
                   : "pages that this TLB did not know either: each needs a walk of the page table");
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
