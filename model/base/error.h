#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tablewalk {

/// Unusable input: a trace, a config, an image, an option, an output path. The message is one line that says what is
/// wrong, where, and what was expected. Exit code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message) : std::runtime_error(message) {}
};

/// A law of the model (docs/ARCHITECTURE.md) is violated: a defect of the simulator, not of its input. Exit code 1.
class LawViolation : public std::logic_error {
 public:
  explicit LawViolation(const std::string& message) : std::logic_error(message) {}
};

/// Results that should be equal differ: the command's finding, reported after its output. Exit code 1.
class Difference : public std::runtime_error {
 public:
  explicit Difference(const std::string& message) : std::runtime_error(message) {}
};

/// The candidate nearest to `word` by edit distance, or an empty string if none is near enough for a typing error.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// ` (did you mean 'x'?)` or an empty string: the end of an error message about an unknown name.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// Message when host memory is exhausted: bad input, since a smaller one would work.
constexpr const char* out_of_memory =
    "not enough host memory; expected a smaller machine (TLBs, caches) or a program that touches less";

}  // namespace tablewalk
