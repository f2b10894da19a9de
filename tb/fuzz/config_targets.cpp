#include <algorithm>

#include "base/text.h"
#include "base/units.h"
#include "cli/compare_points.h"
#include "cli/load_point.h"
#include "cli/map_spec.h"
#include "config/loader.h"
#include "config/printer.h"
#include "fuzz/parser_target.h"
#include "os/layout.h"
#include "system/machine_config.h"
#include "trace/proc_maps.h"
#include "trace/trace_reader.h"

namespace tablewalk::test {
namespace {

/// What a config says of itself has to load, and say the same.
void print_and_load_again(const MachineConfig& config) {
  const std::string yaml = to_yaml(config);
  to_json(config);
  const BytesAsFile file(yaml);
  MachineConfig again;
  if (!accepts([&] { again = load_config<MachineConfig>({file.path(), {}}); })) finding("a printed config is refused");
  if (to_yaml(again) != yaml) finding("a printed config loads as another one");
}

void parse_again(const std::string& text, std::uint64_t value) {
  if (parse_byte_size(format_byte_size(ByteSize{value})).bytes != value)
    finding("a size comes back otherwise: " + text);
  if (parse_integer(std::to_string(value)) != value) finding("a number comes back otherwise: " + text);
  humane_byte_size(value);
  with_thousands(value);
}

/// One line of the input: what kind of option, and its value.
struct Option {
  std::string kind;
  std::string value;
};

std::vector<Option> options_in(std::string_view bytes) {
  std::vector<Option> options;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    const std::size_t space = std::min(line.find(' '), line.size());
    options.push_back({std::string(line.substr(0, space)), std::string(line.substr(std::min(line.size(), space + 1)))});
  }
  return options;
}

void parse_one(const Option& option) {
  const std::string& text = option.value;
  if (option.kind == "map") {
    const MappedRange range = parse_map(text).range;
    if (range.last < range.first) finding("--map " + text + " is a range that ends before it begins");
  }
  if (option.kind == "size") parse_again(text, parse_byte_size(text).bytes);
  if (option.kind == "count") parse_again(text, parse_count(text));
  if (option.kind == "number") parse_again(text, parse_integer(text));
  if (option.kind == "mode" && make_paging_mode(text, {})->name() != text) finding("a mode has another name: " + text);
  // A path is for the target `config`.
  if (option.kind == "config" && text.find_first_of("/.") == std::string::npos) find_config(text);
  if (option.kind == "trace-format") open_trace("/dev/null", text);
  if (option.kind == "text" && printable(printable(text)).size() < text.size()) finding("printable loses bytes");
}

std::vector<std::string> values_of(const std::vector<Option>& options, const std::string& kind) {
  std::vector<std::string> values;
  for (const Option& option : options) {
    if (option.kind == kind) values.push_back(option.value);
  }
  return values;
}

}  // namespace

bool run_config(std::string_view bytes) {
  const BytesAsFile file(bytes);
  MachineConfig config;
  if (!accepts([&] { config = load_config<MachineConfig>({file.path(), {}}); })) return false;
  print_and_load_again(config);
  return true;
}

bool run_maps(std::string_view bytes) {
  const BytesAsFile file(bytes);
  Layout layout;
  if (!accepts([&] { layout = read_proc_maps(file.path()); })) return false;
  const Regions regions = regions_of(layout);
  const LayoutChange* before = nullptr;
  for (const LayoutChange& region : layout) {
    if (before != nullptr && region.first <= before->last()) finding("regions overlap");
    if (regions.find(region.last()) == nullptr) finding("a region is not found");
    if (!(parse_layout_change(to_text(region)) == region)) finding("a region comes back otherwise: " + to_text(region));
    before = &region;
  }
  return true;
}

bool run_options(std::string_view bytes) {
  const std::vector<Option> options = options_in(bytes);
  bool any = false;
  for (const Option& option : options) any = accepts([&] { parse_one(option); }) || any;

  const std::vector<std::string> settings = values_of(options, "set");
  MachineConfig config;
  if (!settings.empty() && accepts([&] { config = load_config<MachineConfig>({"", settings}); })) {
    print_and_load_again(config);
    any = true;
  }
  const std::vector<std::string> varied = values_of(options, "vary");
  std::vector<ComparePoint> points;
  if (varied.empty() || !accepts([&] { points = compare_points({}, {}, varied); })) return any;
  constexpr std::size_t some = 4;
  for (std::size_t i = 0; i < std::min(some, points.size()); ++i) any = accepts([&] { load_point(points[i]); }) || any;
  return any;
}

}  // namespace tablewalk::test
