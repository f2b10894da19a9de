#include "walker/systemc_walker.h"

#include <algorithm>
#include <cstring>

namespace tablewalk {

SystemCWalker::SystemCWalker(sc_core::sc_module_name name, const WalkerConfig& config, const PagingMode& mode,
                             unsigned ports)
    : PageWalker(name, Phase::Beginning, mode, ports),
      concern_shift_(mode.root_entry_shift()),
      walk_caches_(make_walk_caches(config.walk_cache_kind, config.walk_caches, mode)),
      empty_(walk_caches_->stats().empty()),
      by_address_(walk_caches_->by_address()),
      slots_(config.walkers),
      in_state_{SlotSet(config.walkers), SlotSet(config.walkers), SlotSet(config.walkers), SlotSet(config.walkers),
                SlotSet(config.walkers)} {
  for (std::uint32_t slot = 0; slot < config.walkers; ++slot) {
    slots_[slot].number = slot;
    in(SlotState::Idle).add(slot);
  }
  for (RequestId id = 0; id < config.requests; ++id) free_ids_.push({}, id);
  page_sizes_ = make_page_size_cache(mode, config.page_size_cache);
  hint_caches_ = make_hint_caches(mode, config.cuckoo_walk_caches);
  if (hint_caches_ != nullptr) hint_fetches_.resize(hint_caches_->tables());
}

/// Neighbours of a page that an entry of the root maps are mapped by other entries of the root.
void SystemCWalker::tell_neighbours(std::uint64_t line_bytes) {
  PageWalker::tell_neighbours(line_bytes);
  concern_shift_ = mode().root_entry_shift();
  if (mode().page_sizes().back().shift >= mode().root_entry_shift()) {
    concern_shift_ = std::min(63u, concern_shift_ + Translation::most_neighbours_log2);
  }
}

bool SystemCWalker::receive_request(unsigned port, TranslationRequest& request, Cycles& cycle) {
  if (request.prefetch) return queue_prefetch(port, request, cycle);
  request.begin_account(cycle);
  tlb_side_.arrivals().push(cycle, &request, port);
  // If all slots are busy, it waits for the end of a walk.
  if (!in(SlotState::Idle).empty()) wake_at(cycle);
  if (tap_ != nullptr) tap_->request_arrives(port, request, cycle);
  return false;
}

void SystemCWalker::receive_response(unsigned, MemoryAccess& access, Cycles visible) {
  responses_.push(visible, &access);
  wake_at(visible);
  if (tap_ != nullptr) tap_->memory_answers(access, visible);
}

/// Flattened into one function, as in a cache: most stages have nothing to do, and all are short.
[[gnu::flatten]] void SystemCWalker::on_cycle() {
  const Cycles cycle = now();
  // Order matters: a lookup does not see what is cached in its own cycle.
  if (!in(SlotState::LooksUp).empty()) look_up_walk_caches(cycle);
  if (responses_.due(cycle)) take_memory_response(cycle);
  const bool presented = !in(SlotState::WantsMemory).empty() && present_memory_request(cycle);
  if (fetches_to_present_ != 0 && !presented) present_fetch(cycle);
  if (!in(SlotState::WantsAnswer).empty()) give_answer(cycle);
  if (replays_.due(cycle) || tlb_side_.arrivals().due(cycle) || !prefetches_.empty()) take_request(cycle);
  sleep(cycle);
}

void SystemCWalker::receive_invalidation(const Invalidation& invalidation, Cycles cycle) {
  shared_ != nullptr ? shared_->invalidate(port_, invalidation) : void(walk_caches_->invalidate(invalidation));
  if (hint_caches_ != nullptr) drop_fetches(invalidation);
  if (tap_ != nullptr) tap_->invalidated(invalidation, cycle);
  for (Slot& slot : slots_) {
    if (!may_concern(invalidation, slot)) continue;
    if (slot.request != nullptr) {
      restart(slot, cycle);
    } else {
      send_back_waiting(slot, cycle);
    }
  }
}

/// Whether the slot has a walk that may have read what is invalidated: one before its lookup has no state.
bool SystemCWalker::may_concern(const Invalidation& invalidation, const Slot& slot) const {
  if (slot.state == SlotState::Idle || (slot.state == SlotState::LooksUp && !slot.begun)) return false;
  return invalidation.may_concern(slot.record.va, concern_shift_, slot.record.asid);
}

/// Restarts the walk. The response of an outstanding memory access will be dropped.
void SystemCWalker::restart(Slot& slot, Cycles cycle) {
  set_state(slot, SlotState::LooksUp, cycle + Cycles(1));
  slot.begun = false;
  slot.refused = false;
  slot.outdated = false;
  if (asked_ == &slot) asked_ = nullptr;
  count_restart(slot.record, *slot.request, slot.ready);
  slot.under_way = nullptr;
  slot.round.clear();
  if (tap_ != nullptr) tap_->doing(cycle).restarted |= bit_of(slot);
  wake_at(slot.ready);
}

/// The walk was answered already; requests merged with it, perhaps later, are replayed.
void SystemCWalker::send_back_waiting(Slot& slot, Cycles cycle) {
  const Cycles next = cycle + Cycles(1);
  while (TranslationRequest* request = slot.waiting.take()) {
    replays_.push(next, request);
    if (!request->prefetch) --slot.record.merged;
  }
  close(slot, cycle, cycle);
  wake_at(next);
}

/// One per cycle: the oldest walk.
void SystemCWalker::look_up_walk_caches(Cycles cycle) {
  if (shared_ != nullptr && page_sizes_ == nullptr) return look_up_shared(cycle);
  Slot* slot = oldest_ready(SlotState::LooksUp, cycle);
  if (slot == nullptr) return;
  count_lookup(*slot->request, slot->ready, cycle);
  if (is_lost(*slot)) return refuse(*slot, cycle);
  if (hint_caches_ != nullptr) {
    look_up_hints(*slot);
  } else if (page_sizes_ != nullptr) {
    guess_size(*slot);
  } else if (by_address_) {
    look_up_entry(*slot);
  } else {
    begin_at(*slot, empty_ ? std::nullopt : walk_caches_->find(slot->request->va, slot->request->asid));
  }
  slot->begun = true;
  if (tap_ != nullptr) {
    WalkerCycle& doing = tap_->doing(cycle);
    doing.looked_up = true;
    doing.hits = walk_caches_->hits();
  }
  if (by_address_ && walk_caches_->hits() != 0) {
    continue_walk(*slot, cycle);
  } else {
    decide(*slot, cycle);
  }
}

/// Begins the walk at that table, the deepest one that is known, else at the root.
void SystemCWalker::begin_at(Slot& slot, const std::optional<WalkStart>& start) {
  if (!start) return begin_at_root(slot);
  slot.record.walk_cache_hit = start->pointer_level();
  slot.walk = Walk(mode(), *start, slot.request->va, slot.request->access);
}

void SystemCWalker::begin_at_root(Slot& slot, std::uint64_t hints) {
  slot.root = root_of(*slot.request);
  slot.walk = Walk(mode(), slot.root, slot.request->va, slot.request->access, hints);
}

/// Begins the walk at the root, and supplies the entry that it wants if it is known.
void SystemCWalker::look_up_entry(Slot& slot) {
  if (!slot.begun) begin_at_root(slot);
  if (slot.walk.step() != Walk::Step::ReadEntry) return;
  const unsigned level = slot.walk.level();
  const auto entry = walk_caches_->find_entry(level, slot.walk.entry_address());
  if (!entry) return;
  slot.record.walk_cache_hit = static_cast<std::uint8_t>(level);
  slot.walk.supply(*entry);
}

/// One per cycle, including responses to abandoned accesses.
void SystemCWalker::take_memory_response(Cycles cycle) {
  const Cycles visible_since = responses_.next_visible();
  MemoryAccess& access = *responses_.front();
  responses_.pop();
  if (access.info.tag >= slots_.size()) {
    take_hint(access);
    return access.release();
  }
  Slot& slot = slots_[access.info.tag];
  if (slot.under_way == &access) {
    use_response(slot, access, visible_since, cycle);
  } else if (!slot.round.presented.empty()) {
    take_of_round(slot, access, visible_since, cycle);
  }
  access.release();
}

/// `visible_since`: when the response arrived; it may have waited for others.
void SystemCWalker::use_response(Slot& slot, const MemoryAccess& access, Cycles visible_since, Cycles cycle) {
  slot.under_way = nullptr;
  const unsigned level = slot.walk.level();
  TranslationRequest& request = *slot.request;
  count_response(slot.record, request, access, visible_since, cycle);
  if (is_lost(slot)) return refuse(slot, cycle);
  if (roots_move() && slot.root != root_of(request)) return restart(slot, cycle);  // what was read may be of old tables
  const PhysicalAddress at = slot.walk.entry_address();
  if (slot.walk.step() != Walk::Step::ReadEntry) {
    slot.walk.updated(access.info.held);
  } else if (line_part() != 0) {
    supply_line(slot, access);
  } else {
    slot.walk.supply(access.bytes());
  }
  if (!empty_ && slot.walk.position().level != level) {
    remember_pointer(slot, level, at, access);
    continue_walk(slot, cycle);
  } else {
    decide(slot, cycle);
  }
}

/// The access has read or updated the pointer at that address, and the walk has followed it.
void SystemCWalker::remember_pointer(const Slot& slot, unsigned level, PhysicalAddress at, const MemoryAccess& access) {
  if (!by_address_ && shared_ == nullptr) {
    return walk_caches_->remember(slot.request->va, slot.request->asid, slot.walk.position());
  }
  std::uint64_t entry = access.info.desired;
  if (access.info.operation == AccessInfo::Operation::Plain) {
    entry = 0;
    std::memcpy(&entry, access.bytes() + (at - access.physical()), mode().entry_bytes());
  }
  if (shared_ == nullptr) return walk_caches_->remember_entry(level, at, entry);
  if (!slot.outdated) {
    shared_->remember(port_, {slot.request->va, slot.request->asid, slot.walk.position(), level, at, entry});
  }
}

/// To the next lower level, where a page-table cache may know the entry if it is a pointer.
void SystemCWalker::continue_walk(Slot& slot, Cycles cycle) {
  if (by_address_ && slot.walk.step() == Walk::Step::ReadEntry && slot.walk.level() != 0) {
    set_state(slot, SlotState::LooksUp, cycle + Cycles(1));
  } else {
    decide(slot, cycle);
  }
}

/// Supplies the entry, and keeps its line for the neighbours.
void SystemCWalker::supply_line(Slot& slot, const MemoryAccess& access) {
  slot.line_address = access.physical();
  std::copy_n(access.bytes(), line_part(), slot.line.begin());
  slot.walk.supply(access.bytes() + (slot.walk.entry_address() - slot.line_address));
}

/// One read of a round per cycle, without waiting for the responses to those before.
void SystemCWalker::present_of_round(Slot& slot, Cycles cycle) {
  if (is_lost(slot)) return refuse(slot, cycle);
  // The registers that say where the reads are have changed.
  if (roots_move() && slot.root != root_of(*slot.request)) return restart(slot, cycle);
  const Cycles presented = cycle + Cycles(1);
  std::vector<Round::Read>& reads = slot.round.presented;
  const PhysicalAddress address = slot.walk.read_address(static_cast<unsigned>(reads.size()));
  MemoryAccess& access = prepare_access(slot.record, address, slot.walk.read_bytes(), slot.number);
  reads.push_back(
      {&access, {static_cast<std::uint8_t>(slot.walk.level()), false, address, presented, {}, ServedBy::Dram}});
  slot.request->account(slot.request->cycles.queue, presented);
  const bool last = reads.size() == slot.walk.reads();
  set_state(slot, last ? SlotState::WaitsForMemory : SlotState::WantsMemory, presented);
  memory_side.send(access, presented);
}

/// The walk goes on with the last response.
void SystemCWalker::take_of_round(Slot& slot, const MemoryAccess& access, Cycles visible_since, Cycles cycle) {
  Round& round = slot.round;
  const auto read = std::find_if(round.presented.begin(), round.presented.end(),
                                 [&](const Round::Read& one) { return one.access == &access; });
  if (read == round.presented.end()) return;  // of a walk that was restarted
  TranslationRequest& request = *slot.request;
  slot.record.next_read() = read->record;
  // Its cycles may already be accounted for, as those of another response.
  count_response(slot.record, request, access, std::max(visible_since, request.accounted - Cycles(1)), cycle);
  if (is_lost(slot)) return refuse(slot, cycle);
  if (roots_move() && slot.root != root_of(request)) return restart(slot, cycle);
  const unsigned bytes = slot.walk.read_bytes();
  round.bytes.resize(std::size_t{slot.walk.reads()} * bytes);
  std::copy_n(access.bytes(), bytes, round.bytes.begin() + (read - round.presented.begin()) * bytes);
  read->access = nullptr;
  if (++round.answers != slot.walk.reads()) return;
  round.clear();
  slot.walk.supply(round.bytes.data());
  decide(slot, cycle);
}

/// Moves to the walk's next step, which can be done from `cycle` on.
void SystemCWalker::decide(Slot& slot, Cycles cycle) {
  const Walk::Step step = slot.walk.step();
  if (slot.hints != 0) check_hints(slot);
  if (slot.record.prefetch) {
    rank_prefetch(slot, cycle);
    if (step == Walk::Step::UpdateEntry) return refuse(slot, cycle);
  }
  const bool memory = step == Walk::Step::ReadEntry || step == Walk::Step::UpdateEntry;
  set_state(slot, memory ? SlotState::WantsMemory : SlotState::WantsAnswer, cycle);
}

/// False if no walk has a request.
bool SystemCWalker::present_memory_request(Cycles cycle) {
  Slot* slot = oldest_ready(SlotState::WantsMemory, cycle);
  if (slot == nullptr) return false;
  const Cycles presented = cycle + Cycles(1);
  const bool update = slot->walk.step() == Walk::Step::UpdateEntry;
  if (!update && slot->walk.reads() != 1) {
    present_of_round(*slot, cycle);
    return true;
  }
  const PhysicalAddress address = slot->walk.entry_address();
  const unsigned bytes = update ? mode().entry_bytes() : slot->walk.read_bytes();
  MemoryAccess& access = prepare_access(slot->record, address, bytes, slot->number);
  if (line_part() != 0 && !update) {
    access.set_address(EntryLine::start_of(address, line_part()).value());
    access.set_data_length(line_part());
    access.set_streaming_width(line_part());
  }
  if (update) {
    access.info.operation = AccessInfo::Operation::CompareAndSwap;
    access.info.expected = slot->walk.update_expected();
    access.info.desired = slot->walk.update_desired();
  }
  count_presented(slot->record, *slot->request,
                  {static_cast<std::uint8_t>(slot->walk.level()), update, address, presented, {}, ServedBy::Dram});
  set_state(*slot, SlotState::WaitsForMemory, presented);
  slot->under_way = &access;
  if (tap_ != nullptr) {
    WalkerCycle& doing = tap_->doing(cycle);
    doing.presented = true;
    doing.update = update;
    doing.address = address;
    doing.expected = update ? access.info.expected : 0;
    doing.desired = update ? access.info.desired : 0;
    tap_->memory_is_asked(access);
  }
  memory_side.send(access, presented);
  return true;
}

/// Sends one response: the walk's first, or one for a merged request.
void SystemCWalker::give_answer(Cycles cycle) {
  Slot* slot = oldest_ready(SlotState::WantsAnswer, cycle);
  if (slot == nullptr) return;
  if (slot->request != nullptr) {
    answer_first(*slot, cycle);
  } else {
    const bool shareable = !slot->record.prefetch || !slot->record.answer.faulted;
    answer_waiting(*slot->waiting.take(), slot->record.answer, shareable, cycle);
  }
  const Cycles visible = cycle + Cycles(1);
  if (slot->waiting.empty()) {
    close(*slot, cycle, visible);
  } else {
    slot->ready = visible;
  }
}

void SystemCWalker::answer_first(Slot& slot, Cycles cycle) {
  TranslationRequest& request = *slot.request;
  Answer& answer = slot.record.answer;
  answer.faulted = slot.walk.step() == Walk::Step::Fault || slot.refused;
  answer.fault = slot.walk.fault();
  answer.translation = slot.walk.translation();
  if (line_part() != 0 && !answer.faulted) {
    LinePages line;
    mode().read_neighbours(slot.walk, {slot.line_address, line_part(), slot.line.data()}, line);
    answer.translation.neighbours = neighbours_of(answer.translation, request.va, line);
    if (request.line != nullptr) *request.line = line;
  }
  if (page_sizes_ != nullptr && !answer.faulted) learn_size(slot);
  slot.record.answered = cycle + Cycles(1);
  request.answer = answer;
  slot.request = nullptr;
  give(request, cycle);
}

/// `shareable`: false for the fault of a prefetch, which is nobody else's.
void SystemCWalker::answer_waiting(TranslationRequest& request, const Answer& answer, bool shareable, Cycles cycle) {
  if (shareable && share_answer(mode(), answer, request)) return give(request, cycle);
  replays_.push(cycle + Cycles(1), &request);
  if (tap_ != nullptr) tap_->doing(cycle).sent_back = true;
}

void SystemCWalker::give(TranslationRequest& request, Cycles cycle) {
  if (tap_ != nullptr) {
    WalkerCycle& doing = tap_->doing(cycle);
    doing.answered = &request;
    doing.answer = request.answer;
  }
  respond(request, cycle + Cycles(1));
  // Ids are interchangeable; only their number matters.
  free_ids_.push(id_is_free(cycle), {});
}

/// Ends the walk: its last response is valid in cycle `answered`; the slot can accept a request in the cycle after.
void SystemCWalker::close(Slot& slot, Cycles cycle, Cycles answered) {
  end_walk(slot.record);
  set_state(slot, SlotState::Idle, answered + Cycles(1));
  if (tap_ != nullptr) tap_->doing(cycle).closed |= bit_of(slot);
}

/// Accepts one request if a slot is free: a replayed one first, else the oldest visible one.
void SystemCWalker::take_request(Cycles cycle) {
  Slot* free = free_slot(cycle);
  if (free == nullptr) return;
  if (replays_.due(cycle)) {
    const Cycles visible_since = replays_.next_visible();
    TranslationRequest& request = *replays_.front();
    replays_.pop();
    if (tap_ != nullptr) tap_->doing(cycle).again = true;
    join_or_start(request, *free, visible_since, cycle);
    return;
  }
  Inbox<TranslationRequest*>& arrivals = tlb_side_.arrivals();
  if (!free_ids_.due(cycle)) return;
  if (!prefetches_.empty() && take_prefetch(*free, cycle, arrivals.due(cycle))) return;
  if (!arrivals.due(cycle)) return;
  free_ids_.pop();
  const Cycles visible_since = arrivals.next_visible();
  TranslationRequest& request = *arrivals.front();
  request.push_route(arrivals.front_port());
  arrivals.pop();
  if (tap_ != nullptr) tap_->doing(cycle).taken = &request;
  join_or_start(request, *free, visible_since, cycle);
}

/// Merges the request with the walk of its page, or starts a walk in the free slot.
void SystemCWalker::join_or_start(TranslationRequest& request, Slot& free, Cycles visible_since, Cycles cycle) {
  Slot* slot = walk_of(request);
  if (tap_ != nullptr) {
    tap_->doing(cycle).took = slot != nullptr ? WalkerCycle::Took::Joined : WalkerCycle::Took::BeganWalk;
  }
  if (slot != nullptr) {
    slot->waiting.add(request);
    if (request.prefetch) return;
    count_merged(slot->record);
    if (slot->record.prefetch) hurry(*slot, cycle);
    return;
  }
  set_state(free, SlotState::LooksUp, cycle + Cycles(1));
  free.request = &request;
  free.begun = false;
  free.root = request.root;
  free.refused = false;
  free.outdated = false;
  begin_walk(free.record, request, visible_since, cycle);
  free.order = free.record.id;
  if (request.prefetch) rank_prefetch(free, cycle);
}

/// The lowest slot that can accept a walk; nullptr if there is none.
SystemCWalker::Slot* SystemCWalker::free_slot(Cycles cycle) {
  Slot* free = nullptr;
  in(SlotState::Idle).find([&](std::size_t number) {
    if (slots_[number].ready <= cycle) free = &slots_[number];
    return free != nullptr;
  });
  return free;
}

/// Puts the slot into that state, ready from `ready` on.
void SystemCWalker::set_state(Slot& slot, SlotState state, Cycles ready) {
  in(slot.state).remove(slot.number);
  in(state).add(slot.number);
  slot.state = state;
  slot.ready = ready;
}

/// Of the ready slots in that state, the one with the oldest walk.
SystemCWalker::Slot* SystemCWalker::oldest_ready(SlotState state, Cycles cycle) {
  Slot* oldest = nullptr;
  in(state).find([&](std::size_t number) {
    Slot& slot = slots_[number];
    if (slot.ready <= cycle && (oldest == nullptr || slot.order < oldest->order)) oldest = &slot;
    return false;
  });
  return oldest;
}

/// The walk that the request can merge with. A walk that has answered its own request accepts no more: requests not
/// served by its response would merge again and again.
SystemCWalker::Slot* SystemCWalker::walk_of(const TranslationRequest& request) {
  for (Slot& slot : slots_) {
    if (slot.request == nullptr || page_of(slot.record.va) != page_of(request.va)) continue;
    if (slot.record.asid == request.asid && (roots_move() || slot.root == request.root)) return &slot;
  }
  return nullptr;
}

/// Requests a wake for the next thing that can happen without an input.
void SystemCWalker::sleep(Cycles cycle) {
  const Cycles next = cycle + Cycles(1);
  // A slot can act in the next cycle at the latest.
  const bool slots_act =
      !in(SlotState::LooksUp).empty() || !in(SlotState::WantsMemory).empty() || !in(SlotState::WantsAnswer).empty();
  if (slots_act || fetches_to_present_ != 0) wake_at(next);
  if (!responses_.empty()) wake_at(std::max(responses_.next_visible(), next));
  // Later arrivals wake the walker themselves.
  Cycles fresh = tlb_side_.arrivals().next_visible();
  if (!prefetches_.empty()) fresh = std::min(fresh, prefetches_.front().visible);
  fresh = std::max(fresh, free_ids_.next_visible());
  const Cycles request = std::min(replays_.next_visible(), fresh);
  if (request == Cycles::never()) return;
  Cycles slot_free = Cycles::never();
  in(SlotState::Idle).find([&](std::size_t number) {
    slot_free = std::min(slot_free, slots_[number].ready);
    return false;
  });
  if (slot_free != Cycles::never()) wake_at(std::max({request, slot_free, next}));
}

}  // namespace tablewalk
