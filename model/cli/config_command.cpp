#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/loader.h"
#include "config/printer.h"
#include "report/figures.h"
#include "report/result_json.h"
#include "system/machine_config.h"

namespace tablewalk {
namespace {

struct ConfigArguments {
  ConfigSource source;
  std::vector<std::string> files;
  std::string format = "text";
};

void list_presets(const std::string& format_name) {
  const OutputFormat format = parse_output_format(format_name);
  if (format == OutputFormat::Text) wrap_output();
  auto json = nlohmann::ordered_json::array();
  std::size_t width = 0;
  for (const Preset& preset : embedded_presets()) width = std::max(width, preset.name.size());
  if (format == OutputFormat::Csv) std::cout << "name,description\n";
  for (const Preset& preset : embedded_presets()) {
    const std::string description = config_description(preset.text);
    if (format == OutputFormat::Text) std::cout << pad_right(preset.name, width) << "  " << description << '\n';
    if (format == OutputFormat::Csv) std::cout << csv_field(preset.name) << ',' << csv_field(description) << '\n';
    if (format == OutputFormat::Json) json.push_back({{"name", preset.name}, {"description", description}});
  }
  if (format == OutputFormat::Json) std::cout << readable_json(json);
}

void show_config(const ConfigArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  auto config = load_config<MachineConfig>(arguments.source);
  const ConfigNode root = bind_config(config);
  switch (format) {
    case OutputFormat::Text:
      std::cout << config_to_yaml(root);
      break;
    case OutputFormat::Json:
      std::cout << readable_json(config_to_json(root));
      break;
    case OutputFormat::Csv:
      std::cout << "key,value,unit,expected,meaning\n";
      for (const KeyDocument& key : config_keys(root)) {
        std::cout << csv_field(key.key) << ',' << csv_field(key.value) << ',' << csv_field(key.unit) << ','
                  << csv_field(key.expects) << ',' << csv_field(key.meaning) << '\n';
      }
      break;
  }
}

void check_configs(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    load_config<MachineConfig>({file, {}});
    std::cout << file << ": valid\n";
  }
}

}  // namespace

void add_config_commands(CLI::App& app) {
  CLI::App* config = app.add_subcommand("config", "List, show and check machine configs");
  config->require_subcommand(1);
  const auto arguments = std::make_shared<ConfigArguments>();

  CLI::App* list = config->add_subcommand("list", "List the presets");
  list->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  list->callback([arguments] { list_presets(arguments->format); });

  CLI::App* show = config->add_subcommand("show", "Print every key of a machine with its value, unit and meaning");
  show->add_option("CONFIG", arguments->source.name, "A preset's name or a YAML file; the defaults if left out");
  show->add_option("--set", arguments->source.overrides, "KEY=VALUE: set one key")->allow_extra_args(false);
  show->add_option("--format", arguments->format, "text (YAML that can be loaded again), json or csv")
      ->capture_default_str();
  show->footer("Example:\n  tablewalk config show skylake --set dtlb.arrays.0.entries=128 > mine.yaml");
  show->callback([arguments] { show_config(*arguments); });

  CLI::App* check = config->add_subcommand("check", "Check configs and report what is wrong with them");
  check->add_option("CONFIG", arguments->files, "Presets' names or YAML files")->required();
  check->footer("Example:\n  tablewalk config check mine.yaml");
  check->callback([arguments] { check_configs(arguments->files); });
  config->footer(
      "Examples:\n  tablewalk config list\n  tablewalk config show skylake\n  tablewalk config check mine.yaml");
}

}  // namespace tablewalk
