#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tablewalk {

/// Input that cannot be used: a trace, a config, an image, an option, an output path.
/// The message is one line that says what is wrong, where, and what was expected. The program ends with exit code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message) : std::runtime_error(message) {}
};

/// A law of the model (docs/ARCHITECTURE.md) did not hold: a defect of the simulator, not of its input. Exit code 1.
class LawViolation : public std::logic_error {
 public:
  explicit LawViolation(const std::string& message) : std::logic_error(message) {}
};

/// Answers that should be equal are not: the command's finding, told after its report. Exit code 1.
class Difference : public std::runtime_error {
 public:
  explicit Difference(const std::string& message) : std::runtime_error(message) {}
};

/// The candidate nearest to `word` by edit distance, or an empty string if none is near enough to be a likely slip.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// ` (did you mean 'x'?)` or an empty string: the tail of an error message about an unknown name.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// What a program says that the host's memory did not suffice for: bad input, as a smaller one would do.
constexpr const char* out_of_memory =
    "the host's memory does not suffice; expected a smaller machine (TLBs, caches) or a program that touches less";

}  // namespace tablewalk
