#pragma once

#include <cstdint>
#include <vector>

#include "associative/replacement.h"
#include "associative/tag_array.h"
#include "base/types.h"

namespace tablewalk {

/// A set-associative array of `Value`s with 64-bit keys, used for TLBs, walk caches and caches. Pure: no time, no
/// statistics. The caller chooses the set (`set_of`) and a key that is unique within the set, except for what its match
/// predicate distinguishes. Any number of sets: a power of two is masked, others use modulo.
template <class Value>
class SetAssociative {
 public:
  static constexpr std::uint64_t no_key = ~std::uint64_t{0};

  struct Evicted {
    std::uint64_t key = no_key;  ///< no_key if nothing was evicted
    Value value{};
  };

  SetAssociative(std::uint32_t sets, std::uint32_t ways, Replacement policy, std::uint64_t seed = 1)
      : sets_(sets),
        ways_(ways),
        mask_(is_power_of_two(sets) ? sets - 1 : 0),
        masked_(is_power_of_two(sets)),
        tags_(sets, ways),
        keys_(std::size_t{sets} * ways, no_key),
        values_(std::size_t{sets} * ways),
        recent_(sets, 0),
        replacement_(policy, sets, ways, seed) {}

  /// Host memory of an array of `entries` in sets of `ways`, in bytes; less with some policies.
  static constexpr std::uint64_t host_bytes(std::uint64_t entries, std::uint64_t ways) {
    constexpr std::uint64_t key = sizeof(std::uint64_t);
    constexpr std::uint64_t stamp = sizeof(std::uint64_t);
    const std::uint64_t set = TagArray::bytes_of_set(ways) + sizeof(std::uint32_t);
    return entries * (key + sizeof(Value) + stamp) + entries / ways * set;
  }

  std::uint32_t sets() const { return sets_; }
  std::uint32_t ways() const { return ways_; }
  /// Whether the result of the last find() may be reused instead of calling find() again, as long as no other operation
  /// happens in between.
  bool may_reuse_last() const { return replacement_.repeats() != Repeats::Count; }
  std::uint32_t set_of(std::uint64_t number) const {
    return static_cast<std::uint32_t>(masked_ ? number & mask_ : number % sets_);
  }

  /// The value at `key` for which `match(value)` holds, marked as used; nullptr if there is none.
  template <class Match>
  Value* find(std::uint32_t set, std::uint64_t key, Match match) {
    const std::size_t base = std::size_t{set} * ways_;
    // Most lookups find the same way as the last lookup in the set, which has no effect for most policies.
    const std::uint32_t recent = recent_[set];
    if (keys_[base + recent] == key && match(values_[base + recent])) {
      return replacement_.repeats() == Repeats::AddNothingToFill ? &values_[base + recent] : use(set, recent);
    }
    const std::uint32_t first = tags_.first(set, key);
    if (first == ways_) return nullptr;
    if (keys_[base + first] == key && match(values_[base + first])) return use(set, first);
    return find_beyond_first(set, key, match);
  }
  Value* find(std::uint32_t set, std::uint64_t key) {
    return find(set, key, [](const Value&) { return true; });
  }
  /// For an array that is looked up by every access: it remembers in which ways keys were found. Only for LRU of few
  /// ways and a power of two of sets.
  void remember_ways() { found_in_.resize(replacement_.is_order() && masked_ ? ways_remembered : 0); }
  /// As find(), if the key is in the way where it was found last; nullptr without an effect if that is not known. Makes
  /// no call and looks at one way.
  Value* find_where_it_was(std::uint64_t key) {
    if (found_in_.empty()) return nullptr;
    const auto set = static_cast<std::uint32_t>(key & mask_);
    const std::uint32_t way = found_in_[key % ways_remembered];
    const std::size_t slot = std::size_t{set} * ways_ + way;
    if (keys_[slot] != key) return nullptr;
    recent_[set] = way;
    replacement_.touch_order(set, way);
    return &values_[slot];
  }
  /// As find() in the set that find_where_it_was() uses; remembers the way.
  Value* find_and_remember(std::uint64_t key) {
    const std::uint32_t set = set_of(key);
    Value* found = find(set, key);
    if (found != nullptr && !found_in_.empty()) {
      found_in_[key % ways_remembered] = static_cast<std::uint8_t>(recent_[set]);
    }
    return found;
  }

  /// The same without marking it as used.
  template <class Match>
  const Value* peek(std::uint32_t set, std::uint64_t key, Match match) const {
    const std::size_t base = std::size_t{set} * ways_;
    for (std::size_t slot = base; slot < base + ways_; ++slot) {
      if (keys_[slot] == key && match(values_[slot])) return &values_[slot];
    }
    return nullptr;
  }

  /// Inserts a value that is not present into an invalid way, or evicts the victim.
  Evicted insert(std::uint32_t set, std::uint64_t key, const Value& value) {
    std::uint32_t way = tags_.first_invalid(set);
    if (way >= ways_) {
      way = replacement_.replace(set);
    } else {
      replacement_.filled(set, way);
    }
    return put(set, way, key, value);
  }

  /// The same, with the victim chosen among candidates: `candidates(values)` returns them for the values of a full set,
  /// or nullptr if any way may be the victim.
  template <class Choose>
  Evicted insert_among(std::uint32_t set, std::uint64_t key, const Value& value, Choose&& candidates) {
    std::uint32_t way = tags_.first_invalid(set);
    if (way >= ways_) {
      const Candidates* some = candidates(&values_[std::size_t{set} * ways_]);
      way = some != nullptr ? replacement_.victim_among(set, *some) : replacement_.victim(set);
    }
    replacement_.filled(set, way);
    return put(set, way, key, value);
  }

  /// Removes and returns the value at `key`, which must be present.
  Value erase(std::uint32_t set, std::uint64_t key) {
    std::uint32_t way = 0;
    while (keys_[std::size_t{set} * ways_ + way] != key) ++way;
    const std::size_t slot = std::size_t{set} * ways_ + way;
    keys_[slot] = no_key;
    tags_.clear(set, way);
    return values_[slot];
  }

  /// Removes every value for which `match(key, value)` holds; returns how many.
  template <class Match>
  std::uint64_t erase_if(Match match) {
    std::uint64_t erased = 0;
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != no_key && match(keys_[slot], values_[slot])) {
        keys_[slot] = no_key;
        tags_.clear(static_cast<std::uint32_t>(slot / ways_), static_cast<std::uint32_t>(slot % ways_));
        ++erased;
      }
    }
    return erased;
  }

  /// The same among the values at `key`; `match(value)` may change a value that stays.
  template <class Match>
  std::uint64_t erase_at(std::uint32_t set, std::uint64_t key, Match match) {
    std::uint64_t erased = 0;
    for (std::uint32_t way = 0; way < ways_; ++way) {
      const std::size_t slot = std::size_t{set} * ways_ + way;
      if (keys_[slot] != key || !match(values_[slot])) continue;
      keys_[slot] = no_key;
      tags_.clear(set, way);
      ++erased;
    }
    return erased;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != no_key) visit(keys_[slot], values_[slot]);
    }
  }

 private:
  Evicted put(std::uint32_t set, std::uint32_t way, std::uint64_t key, const Value& value) {
    const std::size_t slot = std::size_t{set} * ways_ + way;
    const Evicted evicted{keys_[slot], values_[slot]};
    tags_.set(set, way, key);
    keys_[slot] = key;
    values_[slot] = value;
    recent_[set] = way;
    return evicted;
  }
  // The rest of find(), separate to keep the common path short.
  template <class Match>
  [[gnu::noinline]] Value* find_beyond_first(std::uint32_t set, std::uint64_t key, Match match) {
    const std::size_t base = std::size_t{set} * ways_;
    const std::uint32_t way = tags_.find_below(
        ways_, set, key, [&](std::uint32_t w) { return keys_[base + w] == key && match(values_[base + w]); });
    return way == ways_ ? nullptr : use(set, way);
  }
  [[gnu::noinline]] Value* use(std::uint32_t set, std::uint32_t way) {
    recent_[set] = way;
    replacement_.touch(set, way);
    return &values_[std::size_t{set} * ways_ + way];
  }

  std::uint32_t sets_;
  std::uint32_t ways_;
  std::uint64_t mask_;
  bool masked_;
  TagArray tags_;
  std::vector<std::uint64_t> keys_;  ///< no_key in an invalid way
  std::vector<Value> values_;
  std::vector<std::uint32_t> recent_;  ///< way of the last find or insert in the set
  ReplacementState replacement_;
  static constexpr std::size_t ways_remembered = 1024;
  std::vector<std::uint8_t> found_in_;  ///< ways in which keys were found, by their lowest bits; empty: not wanted
};

}  // namespace tablewalk
