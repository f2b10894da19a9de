#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "config/loader.h"
#include "report/print_options.h"
#include "report/result_json.h"
#include "report/text_table.h"
#include "system/walker_law.h"

namespace tablewalk {
namespace {

struct LawArguments {
  ConfigSource config;
  std::string format = "text";
};

/// ` + 3 x levels`; empty if the factor is 0.
std::string term(const Rational& factor, const char* of) {
  if (factor.numerator == 0) return {};
  const bool negative = factor.numerator < 0;
  const Rational amount{std::abs(factor.numerator), factor.denominator};
  return fmt::format(" {} {} x {}", negative ? "-" : "+", to_string(amount), of);
}

std::string formula(const WalkerLaw& law) {
  return to_string(law.fixed) + term(law.memory, "levels x memory") + term(law.level, "levels");
}

std::string cycles(std::uint64_t count) {
  return fmt::format("{} cycle{}", count, count == 1 ? "" : "s");
}

/// Walk latency in cycles: a row per memory latency, a column per number of levels.
std::string table_of(const WalkerLaw& law) {
  std::map<std::uint64_t, std::map<unsigned, std::uint64_t>> latency;
  for (const LawSample& sample : law.samples) {
    if (!sample.faulted) latency[sample.memory][sample.levels] = sample.latency;
  }
  std::vector<std::string> header{"memory"};
  for (const auto& [levels, value] : latency.begin()->second) {
    header.push_back(fmt::format("{} level{}", levels, levels == 1 ? "" : "s"));
  }
  TextTable table(header, 2);
  for (const auto& [memory, by_levels] : latency) {
    std::vector<std::string> row{std::to_string(memory)};
    for (const auto& [levels, value] : by_levels) row.push_back(std::to_string(value));
    table.add_row(row);
  }
  return table.text();
}

std::string fault_text(const WalkerLaw& law) {
  if (!law.fault) return "depends on the memory";
  if (*law.fault == 0) return "takes as long as a translation";
  return fmt::format("takes {} {} than a translation", cycles(static_cast<std::uint64_t>(std::abs(*law.fault))),
                     *law.fault > 0 ? "more" : "less");
}

std::string to_text(const WalkerLaw& law) {
  std::string text = fmt::format("{}, {}: cycles of a walk, by cycles of memory and entries read\n\n{}\n", law.walker,
                                 law.mode, table_of(law));
  text += fmt::format("latency       = {}\n", formula(law));
  text += fmt::format(
      "              {}\n",
      law.exact ? "every walk, to the cycle"
                : fmt::format("by least squares; the largest residual is {:.2f} cycles", law.largest_residual));
  if (!law.tells_levels_apart)
    text += "              all walks read the same number of entries: their cost is in the constant\n";
  text += fmt::format("page fault    {}\n", fault_text(law));
  if (law.next_taken) text += fmt::format("next request  accepted {} after a response\n", cycles(*law.next_taken));
  return text;
}

nlohmann::ordered_json json_of(const Rational& value) {
  if (value.is_whole()) return value.numerator;
  return value.value();
}

std::string to_json(const WalkerLaw& law) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.walker_law/1";
  document["walker"] = law.walker;
  document["mode"] = law.mode;
  document["latency"] = {{"constant", json_of(law.fixed)}, {"levels_times_memory", json_of(law.memory)}};
  if (law.tells_levels_apart) document["latency"]["levels"] = json_of(law.level);
  document["exact"] = law.exact;
  document["largest_residual_cycles"] = law.largest_residual;
  if (law.fault) document["page_fault_cycles"] = *law.fault;
  if (law.next_taken) document["next_request_cycles"] = *law.next_taken;
  document["walks"] = nlohmann::ordered_json::array();
  for (const LawSample& sample : law.samples) {
    document["walks"].push_back({{"levels", sample.levels},
                                 {"memory_cycles", sample.memory},
                                 {"latency_cycles", sample.latency},
                                 {"faulted", sample.faulted}});
  }
  return readable_json(document);
}

std::string to_csv(const WalkerLaw& law) {
  std::string text = "levels,memory_cycles,latency_cycles,faulted\n";
  for (const LawSample& sample : law.samples) {
    text += fmt::format("{},{},{},{}\n", sample.levels, sample.memory, sample.latency, sample.faulted);
  }
  return text;
}

void print_law(const LawArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  const WalkerLaw law = measure_walker(load_config<MachineConfig>(arguments.config));
  std::cout << (format == OutputFormat::Text   ? to_text(law)
                : format == OutputFormat::Json ? to_json(law)
                                               : to_csv(law));
}

}  // namespace

void add_walker_law_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("walker-law", "Walk latency by levels and memory latency: measured and fitted");
  const auto arguments = std::make_shared<LawArguments>();
  command->add_option("-c,--config", arguments->config.name, "Machine: a preset's name or a YAML file");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set one key of the machine")
      ->allow_extra_args(false);
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(
      "Runs the machine's walker alone, with cold walk caches and a fixed memory latency.\n"
      "Examples:\n"
      "  tablewalk walker-law -c skylake\n"
      "  tablewalk walker-law -c skylake --set walker.kind=rtl\n"
      "  tablewalk walker-law -c example-walker");
  command->callback([arguments] { print_law(*arguments); });
}

}  // namespace tablewalk
