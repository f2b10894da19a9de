#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/types.h"
#include "base/units.h"
#include "config/schema.h"

namespace tablewalk {

enum class Colour { Red, Green, Blue };

template <>
struct EnumNames<Colour> {
  static constexpr std::array names = {std::pair{"red", Colour::Red}, std::pair{"green", Colour::Green},
                                       std::pair{"blue", Colour::Blue}};
};

struct ArrayConfig {
  std::uint32_t entries = 64;
  std::uint32_t ways = 4;
  Colour colour = Colour::Red;
  std::vector<ByteSize> page_sizes = {ByteSize{4096}};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("entries", entries, "translations", "number of translations");
    keys.value("ways", ways, "ways", "ways of a set");
    keys.value("colour", colour, "", "replacement policy");
    keys.value("page_sizes", page_sizes, "bytes", "page sizes held");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (ways != 0 && entries % ways != 0) {
      problem("ways", fmt::format("{} does not divide {} entries: expected a divisor", ways, entries));
    }
  }
};

struct BufferConfig {
  std::vector<ArrayConfig> arrays = {ArrayConfig{}};
  Cycles latency_cycles{1};

  template <class Keys>
  void describe(Keys& keys) {
    keys.list("arrays", arrays, "arrays looked up at once");
    keys.value("latency_cycles", latency_cycles, "cycles", "from lookup to response");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (arrays.size() > 2) problem("arrays.2.entries", "expected at most two arrays");
  }
};

struct ExampleConfig {
  BufferConfig buffer;
  std::string mode = "x86-64";
  ByteSize size{32768};
  bool prefault = true;
  double period_ns = 0.625;
  std::uint64_t seed = 1;
  std::vector<std::string> labels;
  std::vector<Colour> colours = {Colour::Green};

  template <class Keys>
  void describe(Keys& keys) {
    keys.group("buffer", buffer, "the first buffer");
    keys.value("mode", mode, "", "how tables are laid out");
    keys.value("size", size, "bytes", "bytes held");
    keys.value("prefault", prefault, "", "map pages before the run");
    keys.value("period_ns", period_ns, "ns", "of the clock");
    keys.value("seed", seed, "", "of the generator");
    keys.value("labels", labels, "", "free texts");
    keys.value("colours", colours, "", "in order");
  }
};

}  // namespace tablewalk
