#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

/// What happens to records that are not simulated with timing.
enum class Between : std::uint8_t {
  Warm,  ///< functional warming by every record
  Skip,  ///< functional warming by the last records before those with timing; the others are not read
  Time,  ///< the machine runs with timing, as a reference for the others
};

/// The value `KEY=VALUE,...` of an option such as --sample. Its functions throw InputError that names the option.
class SpecItems {
 public:
  SpecItems(std::string option, const std::vector<std::string>& keys, const std::string& text);

  std::optional<std::uint64_t> number(const std::string& key) const;
  /// The key `between`, one of `allowed`.
  std::optional<Between> between(const std::vector<std::string>& allowed) const;
  /// A number that goes with Between::Skip only.
  std::optional<std::uint64_t> number_with_skip(const std::string& key, Between between) const;

 private:
  std::string option_;
  std::map<std::string, std::string> items_;
};

}  // namespace tablewalk
