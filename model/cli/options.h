#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {

/// Parses the whole number given to the option `name`, at most `most`; K, M, G and T are powers of 1000. Throws
/// InputError that names the option.
inline std::uint64_t parse_whole(const std::string& name, const std::string& text, std::uint64_t most) {
  const auto fail = [&] {
    const bool common = most >= std::numeric_limits<std::uint32_t>::max();
    return InputError(fmt::format("{} {}: expected a whole number{}, such as 500, 250K or 4M (K is 1000)", name, text,
                                  common ? "" : fmt::format(" up to {}", most)));
  };
  std::uint64_t value = 0;
  try {
    value = parse_count(text);
  } catch (const InputError&) {
    throw fail();
  }
  if (value > most) throw fail();
  return value;
}

namespace detail {

template <class Whole, class Target>
CLI::Option* add_whole_to(CLI::App& command, const std::string& names, Target& target, const std::string& help) {
  const std::string name = names.substr(names.rfind(',') == std::string::npos ? 0 : names.rfind(',') + 1);
  // Half of the range, so that the sum of two such numbers does not overflow.
  constexpr std::uint64_t most = std::numeric_limits<Whole>::max() / 2;
  const auto read = [&target, name](const std::string& text) {
    target = static_cast<Whole>(parse_whole(name, text, most));
  };
  return command.add_option_function<std::string>(names, read, help)->type_name("N");
}

}  // namespace detail

/// Adds an option that takes a whole number. CLI11's own parser would accept `-3` as a large number.
template <class Whole>
CLI::Option* add_whole(CLI::App& command, const std::string& names, Whole& target, const std::string& help) {
  return detail::add_whole_to<Whole>(command, names, target, help)->default_str(std::to_string(target));
}
/// The same, keeping whether the option was given.
template <class Whole>
CLI::Option* add_whole(CLI::App& command, const std::string& names, std::optional<Whole>& target,
                       const std::string& help) {
  return detail::add_whole_to<Whole>(command, names, target, help);
}

}  // namespace tablewalk
