#pragma once

#include <array>
#include <cstdint>

#include "config/schema.h"

namespace tablewalk {

/// Who leaves when a set is full.
enum class Replacement : std::uint8_t {
  Lru,       ///< the least recently used
  TreePlru,  ///< the leaf that a binary tree of "not this side" bits points to; any number of ways
  Fifo,      ///< the one that came first
  Random,    ///< any, from a seeded generator
  Lfu,       ///< the least frequently used since it came; of equals the least recently used
  Srrip,     ///< static re-reference interval prediction, 2 bits (Jaleel et al., ISCA 2010)
};

template <>
struct EnumNames<Replacement> {
  static constexpr std::array names = {
      std::pair{"lru", Replacement::Lru},   std::pair{"tree_plru", Replacement::TreePlru},
      std::pair{"fifo", Replacement::Fifo}, std::pair{"random", Replacement::Random},
      std::pair{"lfu", Replacement::Lfu},   std::pair{"srrip", Replacement::Srrip}};
};

}  // namespace tablewalk
