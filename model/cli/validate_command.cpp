#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/print_options.h"
#include "validate/validation.h"

namespace tablewalk {
namespace {

struct ValidateArguments {
  std::vector<std::string> groups;
  ClaimChoice choice{"tb/golden", false};
  bool list = false;
  std::uint32_t jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string format = "text";
};

void print_groups(OutputFormat format) {
  std::cout << (format == OutputFormat::Text   ? groups_text()
                : format == OutputFormat::Json ? groups_json()
                                               : groups_csv());
}

void validate(const ValidateArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  if (arguments.list && !arguments.groups.empty()) {
    throw InputError("--list shows all groups: expected no group name with it");
  }
  if (arguments.list) return print_groups(format);
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  const std::vector<Outcome> outcomes =
      measure_claims(collect_claims(arguments.groups, arguments.choice), arguments.jobs);
  std::cout << (format == OutputFormat::Text   ? validation_text(outcomes)
                : format == OutputFormat::Json ? validation_json(outcomes)
                                               : validation_csv(outcomes));
  const auto first = std::find_if(outcomes.begin(), outcomes.end(), [](const Outcome& one) { return !one.holds(); });
  if (first == outcomes.end()) return;
  throw Difference(fmt::format("validate: {} of {} comparisons out of tolerance, first {}: {}", failures(outcomes),
                               outcomes.size(), first->claim.group, first->claim.name));
}

}  // namespace

void add_validate_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("validate", "Compare the model with published, measured or simulated results of others");
  const auto arguments = std::make_shared<ValidateArguments>();
  command->add_option("GROUP", arguments->groups, "Groups of comparisons to run; all if left out (see --list)");
  command->add_flag("--list", arguments->list, "List the groups");
  command->add_flag("--short", arguments->choice.short_form, "Only the quick comparisons of each group");
  command->add_option("--data", arguments->choice.data, "Folder with the reference data")
      ->type_name("FOLDER")
      ->capture_default_str();
  add_whole(*command, "-j,--jobs", arguments->jobs, "Measurements in parallel");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(
      "Exit status 1 if a comparison is out of tolerance. docs/validation.md describes the comparisons.\n"
      "Examples:\n"
      "  tablewalk validate\n"
      "  tablewalk validate tables latency\n"
      "  tablewalk validate dram --format csv");
  command->callback([arguments] { validate(*arguments); });
}

}  // namespace tablewalk
