#include "trace/inline_trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::string_view text_scheme = "text:";
constexpr std::string_view generated_scheme = "generated:";

bool has_scheme(const std::string& path, std::string_view scheme) {
  return path.compare(0, scheme.size(), scheme) == 0;
}

double parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw InputError(fmt::format("'{}' is not a number", text));
  }
  return value;
}

std::uint32_t parse_element(std::string_view text) {
  const std::uint64_t value = parse_count(text);
  // What is larger is refused with the other elements that are too large.
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

/// An option of `trace generate`, as a key.
struct Key {
  const char* name;
  void (*set)(GeneratorConfig& config, std::string_view value);
};

constexpr std::array<Key, 10> keys{{
    {"count", [](GeneratorConfig& config, std::string_view value) { config.count = parse_count(value); }},
    {"seed", [](GeneratorConfig& config, std::string_view value) { config.seed = parse_count(value); }},
    {"base", [](GeneratorConfig& config, std::string_view value) { config.base = parse_byte_size(value).bytes; }},
    {"footprint",
     [](GeneratorConfig& config, std::string_view value) { config.footprint = parse_byte_size(value).bytes; }},
    {"stride", [](GeneratorConfig& config, std::string_view value) { config.stride = parse_byte_size(value).bytes; }},
    {"element", [](GeneratorConfig& config, std::string_view value) { config.element = parse_element(value); }},
    {"store-share", [](GeneratorConfig& config, std::string_view value) { config.store_share = parse_number(value); }},
    {"zipf-exponent",
     [](GeneratorConfig& config, std::string_view value) { config.zipf_exponent = parse_number(value); }},
    {"matrix", [](GeneratorConfig& config, std::string_view value) { config.matrix = parse_count(value); }},
    {"block", [](GeneratorConfig& config, std::string_view value) { config.block = parse_count(value); }},
}};

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const Key& key : keys) names.emplace_back(key.name);
  return names;
}

void set_key(GeneratorConfig& config, std::string_view setting) {
  const std::size_t equals = setting.find('=');
  const std::string_view name = setting.substr(0, equals);
  const auto* const key = std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return one.name == name; });
  if (key == keys.end() || equals == std::string_view::npos) {
    throw InputError(fmt::format("'{}': expected KEY=VALUE with a key of {}{}", setting, fmt::join(key_names(), ", "),
                                 did_you_mean(name, key_names())));
  }
  try {
    key->set(config, setting.substr(equals + 1));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", name, error.what()));
  }
}

/// Whether a line is a change of the layout, `reserve ...` or `@1 fork @2`, without the mark of a comment.
bool is_layout_change(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!line.empty() && line.front() == '@') {
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  constexpr std::array<std::string_view, 8> operations = {"reserve", "unmap",   "protect", "remap",
                                                          "advise",  "discard", "fork",    "exit"};
  return std::find(operations.begin(), operations.end(), line.substr(0, line.find(' '))) != operations.end();
}

}  // namespace

bool is_text_argument(const std::string& path) {
  return has_scheme(path, text_scheme);
}

bool is_generated_argument(const std::string& path) {
  return has_scheme(path, generated_scheme);
}

std::unique_ptr<ByteSource> lines_of_argument(const std::string& path) {
  const std::vector<std::string> lines = split(std::string_view(path).substr(text_scheme.size()), ';');
  std::string text;
  if (std::any_of(lines.begin(), lines.end(), is_layout_change)) text = "# layout: known\n";
  for (std::string_view line : lines) {
    if (is_layout_change(line)) {
      line.remove_prefix(line.find_first_not_of(' '));
      text += "# layout: ";
    }
    text.append(line).append("\n");
  }
  const int file = ::memfd_create("tablewalk", MFD_CLOEXEC);
  const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::lseek(file, 0, SEEK_SET) == 0;
  if (!written) {
    const int reason = errno;
    if (file >= 0) ::close(file);
    throw InputError(fmt::format("{}: cannot be kept in memory: {}", path, std::strerror(reason)));
  }
  return std::make_unique<ByteSource>(file, path);
}

GeneratorConfig generator_of_argument(const std::string& path) {
  const std::vector<std::string> parts = split(std::string_view(path).substr(generated_scheme.size()), ',');
  GeneratorConfig config;
  config.name = path;
  try {
    config.pattern = parse_pattern(parts.front());
    std::for_each(parts.begin() + 1, parts.end(), [&](std::string_view setting) { set_key(config, setting); });
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path, error.what()));
  }
  return config;
}

}  // namespace tablewalk
