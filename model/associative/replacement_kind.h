#pragma once

#include <array>
#include <cstdint>

#include "config/schema.h"

namespace tablewalk {

/// The replacement policy of a set.
enum class Replacement : std::uint8_t {
  Lru,       ///< least recently used
  TreePlru,  ///< the leaf pointed to by a binary tree of "not this side" bits; any number of ways
  Fifo,      ///< first in, first out
  Random,    ///< random, from a seeded generator
  Lfu,       ///< least frequently used since its fill; ties: least recently used
  Srrip,     ///< static re-reference interval prediction, 2 bits (Jaleel et al., ISCA 2010)
};

template <>
struct EnumNames<Replacement> {
  static constexpr std::array names = {
      std::pair{"lru", Replacement::Lru},   std::pair{"tree_plru", Replacement::TreePlru},
      std::pair{"fifo", Replacement::Fifo}, std::pair{"random", Replacement::Random},
      std::pair{"lfu", Replacement::Lfu},   std::pair{"srrip", Replacement::Srrip}};
};

/// Every policy, for tests that try them all.
constexpr auto all_replacements() {
  std::array<Replacement, EnumNames<Replacement>::names.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = EnumNames<Replacement>::names[i].second;
  return all;
}

}  // namespace tablewalk
