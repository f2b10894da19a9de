#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "report/print_run.h"
#include "report/result_json.h"
#include "stats/shards.h"

namespace tablewalk {
namespace {

struct MergeArguments {
  std::vector<std::string> results;
  std::string output_folder;
  std::string format = "text";
  bool explain = false;
  bool all = false;
};

void merge(const MergeArguments& arguments) {
  PrintOptions printing = print_options(arguments.format);
  printing.explain = arguments.explain;
  printing.all = arguments.all;
  std::vector<RunResult> shards;
  for (const std::string& path : arguments.results) {
    shards.push_back(result_from_json(read_text_file(path, most_result_bytes), path));
  }
  const RunResult result = merge_shards(std::move(shards), arguments.results);
  if (!arguments.output_folder.empty()) {
    create_folder(arguments.output_folder);
    write_text_file(arguments.output_folder + "/result.json", result_to_json(result));
  }
  print_run(result, printing, std::cout);
}

}  // namespace

void add_merge_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("merge", "Add up the results of the shards of a trace (run --shard)");
  const auto arguments = std::make_shared<MergeArguments>();
  command->add_option("RESULT", arguments->results, "result.json of each shard, in any order")->required();
  command->add_option("-o,--output", arguments->output_folder, "Folder to write result.json to");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->add_flag("--explain", arguments->explain, "Print a line of explanation under each key figure");
  command->add_flag("--all", arguments->all, "Print a row for each figure, also for those that are 0");
  command->footer(
      "Examples:\n"
      "  tablewalk run traces/large/bfs.twt -c skylake --shard 1/2 -o part1\n"
      "  tablewalk run traces/large/bfs.twt -c skylake --shard 2/2 -o part2\n"
      "  tablewalk merge part1/result.json part2/result.json");
  command->callback([arguments] { merge(*arguments); });
}

}  // namespace tablewalk
