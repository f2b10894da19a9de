#include "walker/rtl_walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t most_tags = 4096;

/// The hardware figures reported, named as in rtl/synth/area.json.
struct AreaFigure {
  const char* name;
  const char* unit;
  const char* meaning;
  const char* explanation;
  bool adds = true;  ///< sum over several walkers; else the maximum
};
constexpr std::array area_figures = {
    AreaFigure{"cells", "cells", "of the hardware: two-input gates, multiplexers and flip-flops",
               "size of the walker in hardware: two-input gates, multiplexers and flip-flops"},
    AreaFigure{"flip_flops", "flip-flops", "flip-flops among these cells", "flip-flops among these cells"},
    AreaFigure{"logic_depth", "cells", "on the longest path between two flip-flops",
               "cells on the critical path: more cells allow only a slower clock", false},
    AreaFigure{"ice40_luts", "LUTs", "of the hardware on an iCE40: four-input lookup tables",
               "the same walker in four-input lookup tables of a small FPGA"},
    AreaFigure{"ice40_flip_flops", "flip-flops", "of the hardware on an iCE40", "its flip-flops on that FPGA"},
    AreaFigure{"ice40_logic_depth", "cells", "LUTs and carries on the longest path on an iCE40",
               "LUTs and carries on the critical path there: more allow only a slower clock", false},
};

}  // namespace

RtlWalker::RtlWalker(sc_core::sc_module_name name, const WalkerConfig& config, const PagingControls& controls,
                     const PagingMode& mode, unsigned ports)
    : PageWalker(name, Phase::End, mode, ports),
      port_(config, controls, mode),
      slots_(port_.variant().slots),
      accesses_(most_tags) {}

bool RtlWalker::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  request.begin_account(cycle);
  arrived_.push_back({&request, port, cycle});
  port_.request_arrives(port, request, cycle);
  wake_at(cycle);
  return false;
}

void RtlWalker::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  port_.invalidate(invalidation, cycle);
  wake_at(cycle);
}

void RtlWalker::receive_response(unsigned, MemoryAccess& access, Cycles visible) {
  const bool update = access.info.operation == AccessInfo::Operation::CompareAndSwap;
  port_.memory_answers(access.info.tag, update ? access.info.held : access.entry(), visible);
  wake_at(visible);
}

void RtlWalker::on_cycle() {
  const Cycles cycle = now();
  if (port_.due(cycle)) {
    const WalkerCycle& did = port_.step(cycle);
    note_lookup(did);
    note_memory_answer(cycle);
    note_memory_request(did);
    note_answer(did);
    note_sent_back(did);
    close_ended(did);
    note_taken(did);
    note_invalidation(did);
  }
  const Cycles next = port_.next_due();
  if (next != Cycles::never()) wake_at(std::max(next, cycle + Cycles(1)));
}

/// The pins report something impossible: the accounting would be wrong from here on.
void RtlWalker::lost(const WalkerCycle& did, const std::string& what) const {
  throw LawViolation(fmt::format("cycle {}: {} {}", did.cycle.count(), port_.variant().name, what));
}

void RtlWalker::note_lookup(const WalkerCycle& did) {
  if (!did.looked_up) return;
  Slot* slot = oldest(true);
  if (slot == nullptr) lost(did, "looks up for a walk that it has not started");
  slot->looks_up = false;
  slot->level = mode().levels();
  count_lookup(*slot->request, slot->ready, did.cycle);
  for (unsigned level = static_cast<unsigned>(caches_.size()); level-- > 0;) {
    caches_[level].lookups += 1;
    if ((did.hits >> level & 1) == 0) continue;
    caches_[level].hits += 1;
    slot->level = level;
    slot->record.walk_cache_hit = static_cast<std::uint8_t>(level);
  }
}

void RtlWalker::note_memory_answer(Cycles cycle) {
  if (!port_.answer_taken()) return;
  const auto [tag, visible_since] = *port_.answer_taken();
  MemoryAccess& access = *accesses_[tag];
  accesses_[tag] = nullptr;
  Slot& slot = slots_[port_.slot_of(tag)];
  if (slot.under_way == &access) {
    slot.under_way = nullptr;
    count_response(slot.record, *slot.request, access, visible_since, cycle);
  }
  access.release();
}

void RtlWalker::note_memory_request(const WalkerCycle& did) {
  if (!did.presented) return;
  const std::uint32_t tag = port_.tag_presented();
  if (tag >= most_tags || port_.slot_of(tag) >= slots_.size()) lost(did, fmt::format("reads under tag {:#x}", tag));
  Slot& slot = slots_[port_.slot_of(tag)];
  if (!slot.open || slot.request == nullptr || slot.under_way != nullptr) lost(did, "reads without a walk");
  if (accesses_[tag] != nullptr) lost(did, "reads under a tag that is in use");
  MemoryAccess& access = prepare_access(slot.record, did.address, mode().entry_bytes(), tag);
  if (did.update) {
    access.info.operation = AccessInfo::Operation::CompareAndSwap;
    access.info.expected = did.expected;
    access.info.desired = did.desired;
  } else {
    // A walk reads each level once. A walk that was not started has no level to read.
    if (slot.level == 0) lost(did, "reads an entry beyond the last level, or before the walk has started");
    --slot.level;
  }
  const Cycles presented = did.cycle + Cycles(1);
  count_presented(slot.record, *slot.request,
                  {static_cast<std::uint8_t>(slot.level), did.update, did.address, presented, {}, ServedBy::Dram});
  accesses_[tag] = &access;
  slot.under_way = &access;
  memory_side.send(access, presented);
}

/// The last read must be the leaf; otherwise earlier reads were counted for the wrong levels.
void RtlWalker::check_level(const WalkerCycle& did, const Slot& slot) const {
  const Answer& answer = did.answer;
  if (answer.faulted || answer.translation.level == slot.level) return;
  lost(did, fmt::format("responds with a leaf of level {}, but its reads, counted from the level at which the walk "
                        "starts, have reached level {}",
                        answer.translation.level, slot.level));
}

void RtlWalker::note_answer(const WalkerCycle& did) {
  if (did.answered == nullptr) return;
  Slot& slot = slot_answered(did);
  const Cycles visible = did.cycle + Cycles(1);
  Answer answer = did.answer;
  answer.walk_began = slot.record.answer.walk_began;
  TranslationRequest* request = slot.request;
  if (request == did.answered) {
    check_level(did, slot);
    slot.request = nullptr;
    slot.record.answer = answer;
    slot.record.answered = visible;
  } else {
    request = slot.waiting.take();
    if (request != did.answered) lost(did, "responds out of order");
  }
  request->answer = answer;
  // This cycle's invalidation reached the TLBs before this response, which predates it.
  if (const auto& invalidation = port_.invalidation_taken()) {
    request->overtaken |= invalidation->may_concern(request->va, mode().root_entry_shift(), request->asid);
  }
  respond(*request, visible);
}

/// A request merged with the oldest walk that has answered its own request.
void RtlWalker::note_sent_back(const WalkerCycle& did) {
  if (!did.sent_back) return;
  Slot* slot = oldest(false);
  if (slot == nullptr) lost(did, "replays a request that was not merged");
  replays_.push(did.cycle + Cycles(1), slot->waiting.take());
}

void RtlWalker::close_ended(const WalkerCycle& did) {
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    Slot& slot = slots_[s];
    if ((did.closed >> s & 1) == 0 || slot.request != nullptr || !slot.waiting.empty()) continue;
    end_walk(slot.record);
    slot.open = false;
    slot.ready = did.cycle + Cycles(2);
  }
}

void RtlWalker::note_taken(const WalkerCycle& did) {
  if (did.took == WalkerCycle::Took::Nothing) {
    if (did.taken != nullptr) lost(did, "accepted a request without starting or merging a walk");
    return;
  }
  if (did.taken == nullptr && !replays_.due(did.cycle)) lost(did, "starts a walk without accepting a request");
  Cycles visible_since;
  TranslationRequest& request = arrived(did.taken, visible_since);
  if (did.took == WalkerCycle::Took::Joined) {
    Slot& slot = walk_of(did, request);
    slot.waiting.add(request);
    count_merged(slot.record);
    return;
  }
  Slot& slot = free_slot(did);
  slot.open = true;
  slot.looks_up = true;
  slot.level = 0;  // unknown until its lookup
  slot.ready = did.cycle + Cycles(1);
  slot.request = &request;
  slot.root = request.root;
  slot.under_way = nullptr;
  begin_walk(slot.record, request, visible_since, did.cycle);
}

/// Walks restarted at the root, and replays of requests merged with walks that had already been answered.
void RtlWalker::note_invalidation(const WalkerCycle& did) {
  const Cycles next = did.cycle + Cycles(1);
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    Slot& slot = slots_[s];
    if ((did.restarted >> s & 1) != 0) {
      if (!slot.open || slot.request == nullptr) lost(did, "restarts a walk that is not in progress");
      count_restart(slot.record, *slot.request, next);
      slot.under_way = nullptr;
      slot.looks_up = true;
      slot.level = 0;
      slot.ready = next;
    } else if ((did.closed >> s & 1) != 0 && slot.open && slot.request == nullptr) {
      while (TranslationRequest* request = slot.waiting.take()) {
        replays_.push(next, request);
        --slot.record.merged;
      }
      end_walk(slot.record);
      slot.open = false;
      slot.ready = next;
    }
  }
}

/// The accepted request: a new one, or (null) the first replayed one. `visible_since`: when it arrived.
TranslationRequest& RtlWalker::arrived(const TranslationRequest* request, Cycles& visible_since) {
  if (request == nullptr) {
    visible_since = replays_.next_visible();
    TranslationRequest& first = *replays_.front();
    replays_.pop();
    return first;
  }
  const auto place = std::find_if(arrived_.begin(), arrived_.end(),
                                  [&](const Arrived& candidate) { return candidate.request == request; });
  TranslationRequest& taken = *place->request;
  visible_since = place->visible;
  taken.push_route(place->port);
  arrived_.erase(place);
  return taken;
}

/// The oldest of the walks that have to look up, or of those that have answered their own request and have merged ones
/// left.
RtlWalker::Slot* RtlWalker::oldest(bool looks_up) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    const bool wanted = looks_up ? slot.looks_up : slot.request == nullptr && !slot.waiting.empty();
    if (!slot.open || !wanted) continue;
    if (oldest == nullptr || slot.record.id < oldest->record.id) oldest = &slot;
  }
  return oldest;
}

/// The walk of the answered request, else the walk whose turn it is to answer its merged requests.
RtlWalker::Slot& RtlWalker::slot_answered(const WalkerCycle& did) {
  for (Slot& slot : slots_) {
    if (slot.open && slot.request == did.answered) return slot;
  }
  Slot* slot = oldest(false);
  if (slot == nullptr) lost(did, "responds to a request that it has not accepted");
  return *slot;
}

RtlWalker::Slot& RtlWalker::walk_of(const WalkerCycle& did, const TranslationRequest& request) {
  for (Slot& slot : slots_) {
    const bool same_page = slot.request != nullptr && page_of(slot.record.va) == page_of(request.va);
    if (same_page && slot.record.asid == request.asid && slot.root == request.root) return slot;
  }
  lost(did, "merges a request with a walk of another page");
}

RtlWalker::Slot& RtlWalker::free_slot(const WalkerCycle& did) {
  for (Slot& slot : slots_) {
    if (!slot.open && slot.ready <= did.cycle) return slot;
  }
  lost(did, "starts a walk without a free slot");
}

void RtlWalker::reset_stats() {
  PageWalker::reset_stats();
  caches_ = {};
}

void RtlWalker::report(StatSet& figures) const {
  PageWalker::report(figures);
  figures.begin(Section::WalkCaches);
  for (unsigned level = 1; level <= mode().root_level(); ++level) {
    if (port_.variant().caches[level].entries == 0) continue;
    const std::string prefix = "walk_cache.level" + std::to_string(level);
    figures.count(prefix + ".lookups", caches_[level].lookups, "lookups",
                  "lookups of a pointer of this level, one per walk");
    figures.count(prefix + ".hits", caches_[level].hits, "lookups", "lookups that hit");
  }
  figures.begin(Section::Other);
  for (const auto& [name, value] : port_.variant().area) {
    for (const AreaFigure& figure : area_figures) {
      if (name != figure.name) continue;
      const auto declare = figure.adds ? &StatSet::count : &StatSet::largest;
      (figures.*declare)(fmt::format("rtl_walker.{}", name), value, figure.unit, figure.meaning)
          .key()
          .explain(figure.explanation);
    }
  }
}

}  // namespace tablewalk
