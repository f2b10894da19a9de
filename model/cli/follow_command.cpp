#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "config/loader.h"
#include "observe/translation_list.h"
#include "report/print_follow.h"
#include "system/run.h"

namespace tablewalk {
namespace {

struct FollowArguments {
  RunOptions options;
  ConfigSource config;
  std::size_t rows = 100;
  std::string format = "text";
};

/// `L3 dram, L2 l2`: each entry that the walk read, with the memory that served it; `L0! l1` is an update.
std::string reads_text(const WalkRecord& walk) {
  std::string text;
  for (unsigned i = 0; i < walk.listed(); ++i) {
    const WalkRecord::EntryRead& read = walk.reads[i];
    text +=
        fmt::format("{}L{}{} {}", i == 0 ? "" : ", ", read.level, read.update ? "!" : "", to_string(read.served_by));
  }
  return text;
}

/// `has_tlbs`: else a segment answers at once.
FollowedTranslation in_words(const ListedTranslation& one, bool has_tlbs) {
  FollowedTranslation row;
  row.core = one.core;
  row.access = to_string(one.access.kind);
  row.process = one.asid;
  row.va = one.va.value();
  const char* first_level = !has_tlbs ? "segment" : one.access.kind == AccessKind::Fetch ? "itlb" : "dtlb";
  row.found_in = one.walk ? "walk" : one.at_once ? first_level : "stlb";
  if (one.handled) row.found_in += ", kernel";
  if (one.walk) row.reads = reads_text(*one.walk);
  row.result = one.answer.faulted ? fmt::format("fault: {}", to_string(one.answer.fault.reason))
                                  : fmt::format("{:#x}", one.answer.translation.physical(one.va).value());
  row.cycles = one.cycles.count();
  for (const TranslationPart& part : one.parts) {
    row.parts.push_back({part.kind == TranslationPart::Kind::Kernel, part.words(), part.cycles});
  }
  return row;
}

void follow(FollowArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  const auto config = load_config<MachineConfig>(arguments.config);
  TranslationList list(arguments.rows, config.sharing.stlb || config.sharing.walker);
  arguments.options.follow = &list;
  arguments.options.stop = &interrupt_flag();
  arguments.options.on_warning = [](const std::string& warning) { print_warning(warning); };
  run_machine(config, arguments.options);
  const bool has_tlbs = config.segmentation.kind != SegmentationKind::BaseLimit;
  std::vector<FollowedTranslation> rows;
  for (const ListedTranslation& one : list.translations()) rows.push_back(in_words(one, has_tlbs));
  print_follow(rows, list.omitted(), format, std::cout);
}

}  // namespace

void add_follow_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("follow", "Show each translation of a short trace, one line for each");
  const auto arguments = std::make_shared<FollowArguments>();
  RunOptions& options = arguments->options;
  add_traces(*command, options, "Trace file, `-` for standard input, or `text:R 0x1000; W 0x2000`");
  command->add_option("-c,--config", arguments->config.name, "Machine: a preset's name or a YAML file");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set one key of the machine")
      ->allow_extra_args(false);
  add_trace_format(*command, options.trace_format);
  add_whole(*command, "--limit", options.limit, "Records simulated; 0 is all");
  add_whole(*command, "--rows", arguments->rows, "Translations shown");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(
      "`found in` is the TLB that had the translation, or `walk`. `entries read` has the entries that the walk read,\n"
      "root first: `L3 dram` is an entry of level 3 that came from DRAM. `cycles` are those of the translation. A "
      "page\n"
      "fault has two lines: `walk, kernel`, the walk that found it and its handling, and the repeated access. Below "
      "the\n"
      "first one are its parts, which add up to its `cycles`: what the kernel did, and the waits around it.\n"
      "Examples:\n"
      "  tablewalk follow 'text:R 0x1000; R 0x1008; W 0x2000' -c teaching\n"
      "  tablewalk follow 'text:W 0x1000 @1; W 0x1000 @2' -c teaching\n"
      "  tablewalk follow traces/sort.twt -c skylake --rows 20 --limit 1000");
  command->callback([arguments] { follow(*arguments); });
}

}  // namespace tablewalk
