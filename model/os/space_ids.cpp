#include "os/space_ids.h"

namespace tablewalk {

SpaceIds::SpaceIds(const AsidConfig& config, unsigned cores)
    : kind_(config.kind), count_(config.ids()), running_(cores), must_flush_(cores) {
  if (kind_ == AsidKind::PerCore) slots_.resize(cores, Slots{std::vector<std::optional<AddressSpaceId>>(count_), 0});
  if (kind_ == AsidKind::PerMachine) used_.resize(count_ + 1);
}

SpaceIds::Entered SpaceIds::enter(unsigned core, AddressSpaceId space) {
  switch (kind_) {
    case AsidKind::PerCore:
      return enter_slot(core, space);
    case AsidKind::PerMachine:
      return enter_generation(core, space);
    case AsidKind::Trace:
      break;
  }
  return {space, Flush::None, std::nullopt, false};
}

SpaceIds::Entered SpaceIds::enter_slot(unsigned core, AddressSpaceId space) {
  if (const std::optional<AddressSpaceId> known = id_of(core, space)) return {*known, Flush::None, std::nullopt, false};
  Slots& its = slots_[core];
  const std::uint32_t slot = its.next;
  its.next = (slot + 1) % count_;
  Entered entered;
  entered.id = static_cast<AddressSpaceId>(slot + 1);
  entered.evicted = its.spaces[slot];
  if (entered.evicted) entered.flush = Flush::Id;
  its.spaces[slot] = space;
  return entered;
}

SpaceIds::Entered SpaceIds::enter_generation(unsigned core, AddressSpaceId space) {
  Entered entered;
  const auto known = given_.find(space);
  if (known == given_.end() || known->second.generation != generation_) {
    const auto find_free = [&] {
      while (next_ <= count_ && used_[next_]) ++next_;
      return next_ <= count_;
    };
    if (!find_free()) {
      roll_over();
      entered.rollover = true;
      find_free();
    }
    // After the rollover it may have kept its id, because another core runs it.
    Given& given = given_[space];
    if (given.generation != generation_) {
      given = {static_cast<AddressSpaceId>(next_), generation_};
      used_[next_++] = true;
    }
  }
  running_[core] = space;
  entered.id = given_[space].id;
  if (must_flush_[core]) entered.flush = Flush::All;
  must_flush_[core] = false;
  return entered;
}

/// All ids are free, except those in use on a core at this moment.
void SpaceIds::roll_over() {
  ++generation_;
  used_.assign(used_.size(), false);
  next_ = 1;
  for (const std::optional<AddressSpaceId>& space : running_) {
    if (!space) continue;
    Given& given = given_[*space];
    given.generation = generation_;
    used_[given.id] = true;
  }
  must_flush_.assign(must_flush_.size(), true);
}

std::optional<AddressSpaceId> SpaceIds::id_of(unsigned core, AddressSpaceId space) const {
  if (kind_ == AsidKind::Trace) return space;
  if (kind_ == AsidKind::PerMachine) {
    const auto known = given_.find(space);
    if (known == given_.end() || known->second.generation != generation_) return std::nullopt;
    return known->second.id;
  }
  const auto& spaces = slots_[core].spaces;
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    if (spaces[slot] == space) return static_cast<AddressSpaceId>(slot + 1);
  }
  return std::nullopt;
}

}  // namespace tablewalk
