#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// A hash table of cache lines by line number, with linear probing, that grows and never shrinks. Pointers to values
/// are valid until the next insertion or removal.
template <class Value>
class LineTable {
 public:
  LineTable() : places_(smallest) {}

  std::size_t size() const { return size_; }
  /// Number of lines it can hold before it grows.
  std::size_t room() const { return places_.size() - places_.size() / 4; }

  Value* find(std::uint64_t line) {
    const std::size_t place = place_of(line);
    return places_[place].line == line ? &places_[place].value : nullptr;
  }
  /// The value of a line; inserted if missing.
  Value& insert(std::uint64_t line) {
    std::size_t place = place_of(line);
    if (places_[place].line == line) return places_[place].value;
    if (size_ + 1 > room()) {
      grow();
      place = place_of(line);
    }
    ++size_;
    places_[place] = {line, Value{}};
    return places_[place].value;
  }
  /// Removes a line that is present. Lines displaced by it move up, so that no search ends too early.
  void erase(std::uint64_t line) {
    std::size_t hole = place_of(line);
    --size_;
    for (std::size_t place = next(hole); places_[place].line != none; place = next(place)) {
      const std::size_t wanted = hash(places_[place].line);
      if (((place - wanted) & mask()) < ((place - hole) & mask())) continue;
      places_[hole] = std::move(places_[place]);
      hole = place;
    }
    places_[hole].line = none;
  }
  /// Removes all lines for which `match(line, value)` holds.
  template <class Match>
  void erase_if(Match match) {
    std::vector<std::uint64_t> erased;
    for (Place& place : places_) {
      if (place.line != none && match(place.line, place.value)) erased.push_back(place.line);
    }
    for (const std::uint64_t line : erased) erase(line);
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr std::size_t smallest = 1024;  // a power of two
  struct Place {
    std::uint64_t line = none;
    Value value{};
  };

  std::size_t mask() const { return places_.size() - 1; }
  std::size_t next(std::size_t place) const { return (place + 1) & mask(); }
  std::size_t hash(std::uint64_t line) const { return (line * 0x9e3779b97f4a7c15U >> 20) & mask(); }
  /// The line's position, or where it would be inserted.
  std::size_t place_of(std::uint64_t line) const {
    std::size_t place = hash(line);
    while (places_[place].line != none && places_[place].line != line) place = next(place);
    return place;
  }
  void grow() {
    std::vector<Place> old(2 * places_.size());
    old.swap(places_);
    for (Place& place : old) {
      if (place.line != none) places_[place_of(place.line)] = std::move(place);
    }
  }

  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace tablewalk
