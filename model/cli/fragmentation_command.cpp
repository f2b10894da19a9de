#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/types.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/print_options.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "segment/fragmentation.h"

namespace tablewalk {
namespace {

struct FragmentationArguments {
  std::vector<std::string> policies{"first", "best", "worst"};
  std::string memory = "64M";
  std::string page = "4K";
  std::string sizes = "1K:1M";
  double load_percent = 90;
  unsigned samples = 10;
  FragmentationLoad load;
  std::string format = "text";
};

constexpr std::uint64_t most_steps = 100'000'000;
constexpr std::uint64_t most_memory = std::uint64_t{1} << 50;
constexpr std::uint64_t most_blocks = 100'000;
constexpr unsigned most_samples = 10'000;

/// Sizes as for keys in bytes, named by their option.
std::uint64_t bytes_of(const char* option, const std::string& text) {
  try {
    return parse_byte_size(text).bytes;
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", option, error.what()));
  }
}

FitPolicy parse_policy(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [text, policy] : EnumNames<FitPolicy>::names) {
    if (name == text) return policy;
    names.emplace_back(text);
  }
  throw InputError(fmt::format("--policy {}: expected {}{}", name, words_with_or(names), did_you_mean(name, names)));
}

std::string name_of(const FragmentationResult& result) {
  if (!result.policy) return "pages";
  for (const auto& [text, policy] : EnumNames<FitPolicy>::names) {
    if (policy == *result.policy) return text;
  }
  return "";
}

void parse_sizes(const std::string& text, FragmentationLoad& load) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw InputError(fmt::format("--sizes {}: expected MIN:MAX, such as 1K:1M", text));
  load.smallest = bytes_of("--sizes", text.substr(0, colon));
  load.largest = bytes_of("--sizes", text.substr(colon + 1));
  if (load.smallest == 0 || load.smallest > load.largest || load.largest > load.memory_bytes) {
    throw InputError(
        fmt::format("--sizes {}: expected MIN of at least 1, not above MAX, and MAX not above --memory, {}", text,
                    format_byte_size({load.memory_bytes})));
  }
}

FragmentationLoad load_of(const FragmentationArguments& arguments) {
  FragmentationLoad load = arguments.load;
  load.memory_bytes = bytes_of("--memory", arguments.memory);
  load.page_bytes = bytes_of("--page", arguments.page);
  if (load.memory_bytes > most_memory) {
    throw InputError(
        fmt::format("--memory {}: expected at most {}", arguments.memory, format_byte_size({most_memory})));
  }
  if (!is_power_of_two(load.page_bytes) || load.page_bytes > load.memory_bytes) {
    throw InputError(fmt::format("--page {}: expected a power of two, not above --memory", arguments.page));
  }
  parse_sizes(arguments.sizes, load);
  if (!(arguments.load_percent > 0 && arguments.load_percent <= 1000)) {
    throw InputError(fmt::format("--load {}: expected a percentage above 0, at most 1000", arguments.load_percent));
  }
  load.load = arguments.load_percent / 100;
  if (load.steps == 0 || load.steps > most_steps) {
    throw InputError(fmt::format("--steps {}: expected 1 to {}", load.steps, most_steps));
  }
  const double blocks = load.load * static_cast<double>(load.memory_bytes) / mean_bytes(load);
  if (blocks > static_cast<double>(most_blocks)) {
    throw InputError(
        fmt::format("--memory {} with --sizes {} keeps {:.0f} blocks at a time; expected at most {}: less "
                    "memory, or larger blocks",
                    arguments.memory, arguments.sizes, blocks, most_blocks));
  }
  return load;
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string heading(const FragmentationLoad& load) {
  return fmt::format("memory of {}; {} requests of {} to {}, which want {:.4g} % of it on average; seed {}\n",
                     format_byte_size({load.memory_bytes}), with_thousands(load.steps),
                     format_byte_size({load.smallest}), format_byte_size({load.largest}), 100 * load.load, load.seed);
}

std::string over_time(const std::vector<FragmentationResult>& results) {
  std::vector<std::string> header{"external fragmentation after requests"};
  for (const FragmentationResult& result : results) header.push_back(name_of(result));
  TextTable table(header, 0);
  for (std::size_t i = 0; i < results.front().points.size(); ++i) {
    std::vector<std::string> row{with_thousands(results.front().points[i].step)};
    for (const FragmentationResult& result : results) row.push_back(percent(result.points[i].external));
    table.add_row(row);
  }
  return table.text();
}

std::string summary(const std::vector<FragmentationResult>& results) {
  std::vector<std::string> header{"means of the second half"};
  for (const FragmentationResult& result : results) header.push_back(name_of(result));
  TextTable table(header, 0);
  const auto add = [&](const char* name, auto text, bool of_pages = true) {
    std::vector<std::string> row{name};
    for (const FragmentationResult& result : results) {
      row.push_back(of_pages || result.policy ? text(result) : std::string("-"));
    }
    table.add_row(row);
  };
  using R = FragmentationResult;
  add("memory in use", [](const R& r) { return percent(r.mean_used); });
  add("external fragmentation", [](const R& r) { return percent(r.mean_external); });
  add("internal fragmentation", [](const R& r) { return percent(r.mean_internal); });
  add("allocated blocks", [](const R& r) { return fmt::format("{:.0f}", r.mean_allocated_blocks); });
  add(
      "free blocks", [](const R& r) { return fmt::format("{:.0f}", r.mean_free_blocks); }, false);
  add(
      "free per allocated block", [](const R& r) { return fmt::format("{:.3f}", r.free_per_allocated()); }, false);
  add(
      "by the fifty-percent rule", [](const R& r) { return fmt::format("{:.3f}", r.predicted_free_per_allocated()); },
      false);
  std::string text = table.text();
  header.front() = "all requests";
  TextTable all(header, 0);
  const auto add_all = [&](const char* name, auto cell, bool of_pages = true) {
    std::vector<std::string> row{name};
    for (const R& result : results) row.push_back(of_pages || result.policy ? cell(result) : std::string("-"));
    all.add_row(row);
  };
  add_all("failed", [](const R& r) { return with_thousands(r.failed); });
  add_all("failed with enough memory free", [](const R& r) { return with_thousands(r.failed_by_fragmentation); });
  add_all(
      "free blocks examined per request", [](const R& r) { return fmt::format("{:.1f}", r.examined_per_request); },
      false);
  return text + "\n" + all.text();
}

std::string to_text(const FragmentationLoad& load, const std::vector<FragmentationResult>& results) {
  return heading(load) + "\n" + over_time(results) + "\n" + summary(results);
}

nlohmann::ordered_json json_of(const FragmentationResult& result) {
  nlohmann::ordered_json json;
  json["policy"] = name_of(result);
  json["requests"] = result.requests;
  json["failed"] = result.failed;
  json["failed_by_fragmentation"] = result.failed_by_fragmentation;
  json["used_share"] = result.mean_used;
  json["external_fragmentation"] = result.mean_external;
  json["internal_fragmentation"] = result.mean_internal;
  json["allocated_blocks"] = result.mean_allocated_blocks;
  if (result.policy) {
    json["free_blocks"] = result.mean_free_blocks;
    json["free_per_allocated"] = result.free_per_allocated();
    json["fifty_percent_rule"] = result.predicted_free_per_allocated();
    json["examined_per_request"] = result.examined_per_request;
  }
  json["points"] = nlohmann::ordered_json::array();
  for (const FragmentationPoint& point : result.points) {
    json["points"].push_back({{"requests", point.step},
                              {"used_share", point.used_share},
                              {"external_fragmentation", point.external},
                              {"internal_fragmentation", point.internal},
                              {"failed", point.failed}});
  }
  return json;
}

std::string to_json(const FragmentationLoad& load, const std::vector<FragmentationResult>& results) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.fragmentation/1";
  document["memory_bytes"] = load.memory_bytes;
  document["page_bytes"] = load.page_bytes;
  document["smallest_bytes"] = load.smallest;
  document["largest_bytes"] = load.largest;
  document["load"] = load.load;
  document["seed"] = load.seed;
  document["results"] = nlohmann::ordered_json::array();
  for (const FragmentationResult& result : results) document["results"].push_back(json_of(result));
  return readable_json(document);
}

/// A row per policy and sample.
std::string to_csv(const std::vector<FragmentationResult>& results) {
  std::string text = "policy,requests,used_share,external_fragmentation,internal_fragmentation,failed\n";
  for (const FragmentationResult& result : results) {
    for (const FragmentationPoint& point : result.points) {
      text += fmt::format("{},{},{:.6f},{:.6f},{:.6f},{}\n", name_of(result), point.step, point.used_share,
                          point.external, point.internal, point.failed);
    }
  }
  return text;
}

void print_fragmentation(const FragmentationArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  if (arguments.samples == 0 || arguments.samples > most_samples) {
    throw InputError(fmt::format("--samples {}: expected 1 to {}", arguments.samples, most_samples));
  }
  const FragmentationLoad load = load_of(arguments);
  std::vector<FitPolicy> policies;
  for (const std::string& name : arguments.policies) policies.push_back(parse_policy(name));
  const auto samples = static_cast<unsigned>(std::min<std::uint64_t>(arguments.samples, load.steps));
  std::vector<FragmentationResult> results;
  for (const FitPolicy policy : policies) results.push_back(allocate_segments(load, policy, samples));
  results.push_back(allocate_pages(load, samples));
  std::cout << (format == OutputFormat::Text   ? to_text(load, results)
                : format == OutputFormat::Json ? to_json(load, results)
                                               : to_csv(results));
}

constexpr const char* footer =
    R"(Every policy gets the same requests, one per step: each octave of sizes is equally likely, lifetimes are exponential.
Segments are contiguous; pages are any free frames.
Examples:
  tablewalk fragmentation
  tablewalk fragmentation --policy first,next,best,worst --memory 16M --sizes 4K:256K
  tablewalk fragmentation --load 70 --steps 1M --samples 20 --format csv
  tablewalk fragmentation --page 2M)";

}  // namespace

void add_fragmentation_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("fragmentation", "External fragmentation of segments against internal fragmentation of pages");
  const auto arguments = std::make_shared<FragmentationArguments>();
  command->add_option("--policy", arguments->policies, "Fit policies, by commas: first, next, best, worst")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->default_str("first,best,worst")
      ->type_name("POLICY,...");
  command->add_option("--memory", arguments->memory, "Size of memory")->capture_default_str()->type_name("BYTES");
  add_whole(*command, "--steps", arguments->load.steps, "Requests, one per step");
  add_whole(*command, "--seed", arguments->load.seed, "Seed for sizes and lifetimes");
  command->add_option("--page", arguments->page, "Page size of the comparison")
      ->capture_default_str()
      ->type_name("BYTES");
  command->add_option("--sizes", arguments->sizes, "Smallest and largest request")
      ->capture_default_str()
      ->type_name("MIN:MAX");
  command->add_option("--load", arguments->load_percent, "Memory wanted on average, in percent of all")
      ->capture_default_str()
      ->type_name("PERCENT");
  add_whole(*command, "--samples", arguments->samples, "Rows over time");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(footer);
  command->callback([arguments] { print_fragmentation(*arguments); });
}

}  // namespace tablewalk
