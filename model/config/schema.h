#pragma once

#include <array>
#include <string_view>
#include <utility>

/// How a config struct lists its keys, once, for the loader, the printer and the documents:
///
///     struct TlbArrayConfig {
///       std::uint32_t entries = 64;
///       std::uint32_t ways = 4;
///       Replacement replacement = Replacement::Lru;
///       Cycles latency_cycles{1};
///
///       template <class Keys>
///       void describe(Keys& keys) {
///         keys.value("entries", entries, "translations", "how many translations the array holds");
///         keys.value("ways", ways, "ways", "ways of a set; 0 makes the array fully associative");
///         keys.value("replacement", replacement, "", "who leaves when a set is full");
///         keys.value("latency_cycles", latency_cycles, "cycles", "from the lookup to its answer", most_cycles);
///       }
///       /// Every impossible value, by key: `problem(key, text)`, text says what is wrong and what was expected.
///       template <class Problem>
///       void check(Problem&& problem) const {
///         if (ways != 0 && entries % ways != 0) problem("ways", "3 does not divide 64 entries; use ...");
///       }
///     };
///
/// `value` takes bool, std::uint32_t, std::uint64_t, double, std::string, Cycles, ByteSize, an enum with EnumNames,
/// or std::vector of any of these; a number's largest value may follow (config/largest.h). `group(key, struct,
/// meaning)` nests another config; `list(key, std::vector<struct>, meaning)` holds any number of them.
///
/// `check` may be left out. It is called for every nested struct too, so a struct checks only what it alone can see;
/// a key below a nested struct is named with dots: `problem("arrays.0.entries", ...)`.
/// config/binding.h turns a struct of this kind into a tree of keys; config/loader.h reads files into it.
namespace tablewalk {

/// The text names of an enum in configs. Specialise with a member `static constexpr std::array names = {
/// std::pair{"lru", Replacement::Lru}, ...}` of pairs of text (const char*) and value.
template <class Enum>
struct EnumNames;

}  // namespace tablewalk
