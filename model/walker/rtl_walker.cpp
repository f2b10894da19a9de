#include "walker/rtl_walker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t most_tags = 4096;

/// The figures of hardware that are reported, as rtl/synth/area.json names them.
struct AreaFigure {
  const char* name;
  const char* unit;
  const char* meaning;
  const char* explanation;
  bool adds = true;  ///< several walkers take the sum; else the largest of theirs counts
};
constexpr std::array area_figures = {
    AreaFigure{"cells", "cells", "of the hardware, in gates of two inputs, multiplexers and flip-flops",
               "what the walker takes as hardware: gates of two inputs, multiplexers and flip-flops"},
    AreaFigure{"flip_flops", "flip-flops", "of these cells, those that hold a bit",
               "of these cells, those that remember something from cycle to cycle"},
    AreaFigure{"logic_depth", "cells", "on the longest path between two flip-flops",
               "cells between two flip-flops: the more, the slower the clock it can have", false},
    AreaFigure{"ice40_luts", "LUTs", "of the hardware on an iCE40, tables of four inputs",
               "the same walker in tables of four inputs, as a small FPGA has them"},
    AreaFigure{"ice40_flip_flops", "flip-flops", "of the hardware on an iCE40", "its flip-flops there"},
    AreaFigure{"ice40_logic_depth", "cells", "LUTs and carries on the longest path on an iCE40",
               "tables and carries between two flip-flops there: the more, the slower its clock", false},
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

/// The pins told of something that cannot be: the books would be wrong from here on.
void RtlWalker::lost(const WalkerCycle& did, const std::string& what) const {
  throw LawViolation(fmt::format("cycle {}: {} {}", did.cycle.count(), port_.variant().name, what));
}

void RtlWalker::note_lookup(const WalkerCycle& did) {
  if (!did.looked_up) return;
  Slot* slot = oldest(true);
  if (slot == nullptr) lost(did, "looks up for a walk that it has not begun");
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
  const auto [tag, stood] = *port_.answer_taken();
  MemoryAccess& access = *accesses_[tag];
  accesses_[tag] = nullptr;
  Slot& slot = slots_[port_.slot_of(tag)];
  if (slot.under_way == &access) {
    slot.under_way = nullptr;
    count_response(slot.record, *slot.request, access, stood, cycle);
  }
  access.release();
}

void RtlWalker::note_memory_request(const WalkerCycle& did) {
  if (!did.presented) return;
  const std::uint32_t tag = port_.tag_presented();
  if (tag >= most_tags || port_.slot_of(tag) >= slots_.size()) lost(did, fmt::format("reads under tag {:#x}", tag));
  Slot& slot = slots_[port_.slot_of(tag)];
  if (!slot.open || slot.request == nullptr || slot.under_way != nullptr) lost(did, "reads for no walk");
  if (accesses_[tag] != nullptr) lost(did, "reads under a tag that is in use");
  MemoryAccess& access = prepare_access(did.address, tag);
  if (did.update) {
    access.info.operation = AccessInfo::Operation::CompareAndSwap;
    access.info.expected = did.expected;
    access.info.desired = did.desired;
  } else {
    // A walk reads each level once. One that was not told to begin has none to read.
    if (slot.level == 0) lost(did, "reads an entry for which the walk has no level left, or has not begun");
    --slot.level;
  }
  const Cycles presented = did.cycle + Cycles(1);
  count_presented(slot.record, *slot.request,
                  {static_cast<std::uint8_t>(slot.level), did.update, did.address, presented, {}, ServedBy::Dram});
  accesses_[tag] = &access;
  slot.under_way = &access;
  memory_side.send(access, presented);
}

/// The leaf is what was read last; else the reads before it stand in the books of other levels.
void RtlWalker::check_level(const WalkerCycle& did, const Slot& slot) const {
  const Answer& answer = did.answer;
  if (answer.faulted || answer.translation.level == slot.level) return;
  lost(did, fmt::format("answers with a leaf of level {}, but its reads, counted from where it said that the walk "
                        "begins, have come to level {}",
                        answer.translation.level, slot.level));
}

void RtlWalker::note_answer(const WalkerCycle& did) {
  if (did.answered == nullptr) return;
  Slot& slot = slot_answered(did);
  const Cycles visible = did.cycle + Cycles(1);
  TranslationRequest* request = slot.request;
  if (request == did.answered) {
    check_level(did, slot);
    slot.request = nullptr;
    slot.record.answer = did.answer;
    slot.record.answered = visible;
  } else {
    request = slot.waiting.take();
    if (request != did.answered) lost(did, "answers somebody out of turn");
  }
  request->answer = did.answer;
  // The TLBs have been told of this cycle's invalidation before they get the answer, which is older.
  if (const auto& invalidation = port_.invalidation_taken()) {
    request->overtaken |= invalidation->may_concern(request->va, mode().root_entry_shift(), request->asid);
  }
  respond(*request, visible);
}

/// One that had joined the oldest walk that has answered its own request.
void RtlWalker::note_sent_back(const WalkerCycle& did) {
  if (!did.sent_back) return;
  Slot* slot = oldest(false);
  if (slot == nullptr) lost(did, "sends back a request that did not join");
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
    if (did.taken != nullptr) lost(did, "took a request and does not say that a walk begins");
    return;
  }
  if (did.taken == nullptr && !replays_.due(did.cycle)) lost(did, "begins a walk for which no request was taken");
  Cycles stood;
  TranslationRequest& request = arrived(did.taken, stood);
  if (did.took == WalkerCycle::Took::Joined) {
    Slot& slot = walk_of(did, request);
    slot.waiting.add(request);
    count_merged(slot.record);
    return;
  }
  Slot& slot = free_slot(did);
  slot.open = true;
  slot.looks_up = true;
  slot.level = 0;  // it has not said yet where it begins
  slot.ready = did.cycle + Cycles(1);
  slot.request = &request;
  slot.root = request.root;
  slot.under_way = nullptr;
  begin_walk(slot.record, request, stood, did.cycle);
}

/// Walks that it sent back to the root; and requests that had joined walks which were answered before.
void RtlWalker::note_invalidation(const WalkerCycle& did) {
  const Cycles next = did.cycle + Cycles(1);
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    Slot& slot = slots_[s];
    if ((did.restarted >> s & 1) != 0) {
      if (!slot.open || slot.request == nullptr) lost(did, "begins a walk anew that is not under way");
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

/// The request that was taken: a fresh one, or (null) the first of those that were sent back. `stood`: since when.
TranslationRequest& RtlWalker::arrived(const TranslationRequest* request, Cycles& stood) {
  if (request == nullptr) {
    stood = replays_.next_visible();
    TranslationRequest& first = *replays_.front();
    replays_.pop();
    return first;
  }
  const auto place = std::find_if(arrived_.begin(), arrived_.end(),
                                  [&](const Arrived& candidate) { return candidate.request == request; });
  TranslationRequest& taken = *place->request;
  stood = place->visible;
  taken.push_route(place->port);
  arrived_.erase(place);
  return taken;
}

/// Of the walks that are to look up, or of those that have answered their own request and have others waiting, the one
/// that began first.
RtlWalker::Slot* RtlWalker::oldest(bool looks_up) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    const bool wanted = looks_up ? slot.looks_up : slot.request == nullptr && !slot.waiting.empty();
    if (!slot.open || !wanted) continue;
    if (oldest == nullptr || slot.record.id < oldest->record.id) oldest = &slot;
  }
  return oldest;
}

/// The walk whose own request it is, else the one whose turn it is to answer those that joined.
RtlWalker::Slot& RtlWalker::slot_answered(const WalkerCycle& did) {
  for (Slot& slot : slots_) {
    if (slot.open && slot.request == did.answered) return slot;
  }
  Slot* slot = oldest(false);
  if (slot == nullptr) lost(did, "answers a request that it has not taken");
  return *slot;
}

RtlWalker::Slot& RtlWalker::walk_of(const WalkerCycle& did, const TranslationRequest& request) {
  for (Slot& slot : slots_) {
    const bool same_page = slot.request != nullptr && page_of(slot.record.va) == page_of(request.va);
    if (same_page && slot.record.asid == request.asid && slot.root == request.root) return slot;
  }
  lost(did, "lets a request join a walk of another page");
}

RtlWalker::Slot& RtlWalker::free_slot(const WalkerCycle& did) {
  for (Slot& slot : slots_) {
    if (!slot.open && slot.ready <= did.cycle) return slot;
  }
  lost(did, "begins a walk without a free slot");
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
                  "walks that looked for a pointer of this level");
    figures.count(prefix + ".hits", caches_[level].hits, "lookups", "walks that found it");
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
