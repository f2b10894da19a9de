#pragma once

#include <array>
#include <string_view>
#include <utility>

/// How a config struct declares its keys, once, for the loader, the printer and the documents:
///
///     struct TlbArrayConfig {
///       std::uint32_t entries = 64;
///       std::uint32_t ways = 4;
///       Replacement replacement = Replacement::Lru;
///       Cycles latency_cycles{1};
///
///       template <class Keys>
///       void describe(Keys& keys) {
///         keys.value("entries", entries, "translations", "number of translations");
///         keys.value("ways", ways, "ways", "ways per set; 0 makes the array fully associative");
///         keys.value("replacement", replacement, "", "replacement policy");
///         keys.value("latency_cycles", latency_cycles, "cycles", "from lookup to response", most_cycles);
///       }
///       /// Reports each invalid value: `problem(key, text)`; text says what is wrong and what was expected.
///       template <class Problem>
///       void check(Problem&& problem) const {
///         if (ways != 0 && entries % ways != 0) problem("ways", "3 does not divide 64 entries; use ...");
///       }
///     };
///
/// `value` takes bool, std::uint32_t, std::uint64_t, double, std::string, Cycles, ByteSize, an enum with EnumNames, or
/// std::vector of any of these; a number's maximum may follow (config/largest.h). `group(key, struct, meaning)` nests
/// another config; `list(key, std::vector<struct>, meaning)` holds any number of them.
///
/// `check` is optional. It is called for nested structs too, so a struct checks only its own members; keys of a nested
/// struct are dotted: `problem("arrays.0.entries", ...)`. config/binding.h turns such a struct into a tree of keys;
/// config/loader.h reads files into it.
namespace tablewalk {

/// The names of an enum in configs. Specialise with a member `static constexpr std::array names = {std::pair{"lru",
/// Replacement::Lru}, ...}` of pairs of text (const char*) and value.
template <class Enum>
struct EnumNames;

}  // namespace tablewalk
