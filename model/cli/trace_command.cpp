#include "cli/trace_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/capture_command.h"
#include "cli/layout_summary.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "cli/trace_info_text.h"
#include "cli/trace_output.h"
#include "report/figures.h"
#include "report/print_options.h"
#include "trace/generate.h"
#include "trace/trace_reader.h"
#include "trace/trace_statistics.h"
#include "trace/trace_writer.h"

namespace tablewalk {
namespace {

/// Passes a reader's records on while showing progress.
class WatchedReader : public TraceReader {
 public:
  explicit WatchedReader(TraceReader& reader) : reader_(reader) {}
  const TraceDescription& description() const override { return reader_.description(); }
  double progress() const override { return reader_.progress(); }
  std::uint64_t checksum() const override { return reader_.checksum(); }
  std::size_t read(Record* records, std::size_t capacity) override {
    const std::size_t count = reader_.read(records, capacity);
    line_.update(records_ += count, reader_.progress());
    return count;
  }

 private:
  TraceReader& reader_;
  ProgressLine line_{"records"};
  std::uint64_t records_ = 0;
};

/// Copies `reader` to `path`, at most `limit` records if that is not 0.
WrittenTrace write_trace(TraceReader& reader, const std::string& path, const TraceWriterOptions& options,
                         std::uint64_t limit) {
  const auto writer = make_trace_writer(path, options);
  WatchedReader watched(reader);
  std::vector<Record> batch(batch_records);
  WrittenTrace result{path, 0, 0};
  while (limit == 0 || result.records < limit) {
    const std::uint64_t room =
        limit == 0 ? batch.size() : std::min<std::uint64_t>(batch.size(), limit - result.records);
    const std::size_t count = watched.read(batch.data(), room);
    if (count == 0) break;
    write_with_layout(*writer, reader.description().layout, result.records, batch.data(), count);
    result.records += count;
  }
  writer->finish();
  result.bytes = writer->bytes_written();
  return result;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_note(const TraceDescription& description) {
  if (!description.note.empty())
    fmt::print(stderr, "tablewalk: warning: {}: {}\n", printable(description.path), description.note);
}

struct CommonOptions {
  std::string format = "text";
  std::string trace_format = "auto";
  std::string input;
  std::string output;
  std::uint64_t limit = 0;
  int level = 1;
};

void add_input(CLI::App& command, CommonOptions& options) {
  command.add_option("TRACE", options.input, "the trace; - is standard input")->required();
  add_trace_format(command, options.trace_format);
}

void add_info(CLI::App& trace) {
  struct Options : CommonOptions {
    std::size_t top = 12;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      trace.add_subcommand("info", "show what a trace contains: accesses, pages, address ranges, reuse");
  add_input(*command, *options);
  add_print_format(*command, options->format);
  add_whole(*command, "--top", options->top, "address ranges to list, those with the most pages first")
      ->capture_default_str();
  command->footer(
      "Examples:\n  tablewalk trace info traces/sort.twt\n  xzcat log.xz | tablewalk trace info - --format json");
  command->callback([options] {
    const OutputFormat format = parse_output_format(options->format);
    const auto reader = open_trace(options->input, options->trace_format);
    LayoutSummary layout(*reader);
    const TraceStatistics statistics = [&] {
      WatchedReader watched(layout);
      return measure_trace(watched);
    }();
    const TraceDescription& description = reader->description();
    print_note(description);
    print(format == OutputFormat::Json  ? trace_info_json(description, statistics, options->top, layout)
          : format == OutputFormat::Csv ? trace_info_csv(description, statistics, layout)
                                        : trace_info_text(description, statistics, options->top, layout));
  });
}

void add_convert(CLI::App& trace) {
  const auto options = std::make_shared<CommonOptions>();
  CLI::App* command = trace.add_subcommand("convert", "write a trace as .twt (native) or .txt (plain text)");
  add_input(*command, *options);
  command->add_option("OUTPUT", options->output, "file name ending in .twt or .txt; - is text to standard output")
      ->required();
  add_whole(*command, "--limit", options->limit, "maximum records to write; 0 is all")->capture_default_str();
  add_trace_level(*command, options->level);
  add_print_format(*command, options->format);
  command->footer(
      "Examples:\n  tablewalk trace convert program.lackey.xz program.twt --level 19\n"
      "  tablewalk trace convert traces/sort.twt - --limit 20");
  command->callback([options] {
    const OutputFormat format = parse_output_format(options->format);
    const auto reader = open_trace(options->input, options->trace_format);
    TraceWriterOptions writer_options;
    writer_options.level = options->level;
    refuse_to_replace(options->input, options->output, "OUTPUT");
    writer_options.provenance = reader->description().provenance;
    writer_options.dependences = reader->description().dependences;
    writer_options.layout = reader->description().has_layout;
    if (writer_options.provenance.empty()) {
      writer_options.provenance = fmt::format("converted from {}", reader->description().format);
      if (reader->description().format == "champsim") writer_options.provenance += "; sizes are unknown, each is 1";
    }
    const WrittenTrace result = write_trace(*reader, options->output, writer_options, options->limit);
    print_note(reader->description());
    if (options->output != "-") print(written_text({{result, {}}}, format));
  });
}

void add_generator_options(CLI::App& command, GeneratorConfig& config) {
  const auto size = [&command](const char* name, auto& target, const char* help) {
    const auto read = [&target, name](const std::string& text) {
      try {
        target = parse_byte_size(text).bytes;
      } catch (const InputError& error) {
        throw InputError(fmt::format("{} {}: {}", name, text, error.what()));
      }
    };
    command.add_option_function<std::string>(name, read, help)->type_name("SIZE");
  };
  const auto number = [&command](const char* name, auto& target, const char* help) {
    command.add_option(name, target, help)->capture_default_str();
  };
  add_whole(command, "--count", config.count, "records");
  add_whole(command, "--seed", config.seed, "seed of the random numbers");
  size("--base", config.base, "lowest address (0x10000000)");
  size("--footprint", config.footprint, "bytes the accesses are spread over, such as 4G (64M)");
  size("--stride", config.stride,
       "stride: bytes from one access to the next (4K); pointer-chase: from one element to the next (--element)");
  add_whole(command, "--element", config.element, "bytes of one access");
  number("--store-share", config.store_share, "sequential, stride, uniform, zipf: share of stores, 0 to 1");
  number("--zipf-exponent", config.zipf_exponent, "zipf: exponent; larger prefers popular pages more");
  add_whole(command, "--matrix", config.matrix, "matmul: rows and columns");
  add_whole(command, "--block", config.block, "matmul: rows and columns of a block");
}

void add_generate(CLI::App& trace) {
  struct Options : CommonOptions {
    std::string pattern;
    GeneratorConfig config;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = trace.add_subcommand("generate", "generate a synthetic trace");
  command->add_option("PATTERN", options->pattern, fmt::format("{}", fmt::join(pattern_names(), ", ")))->required();
  command->add_option("-o,--output", options->output, "file name ending in .twt or .txt; - is text to standard output")
      ->required();
  add_generator_options(*command, options->config);
  add_trace_level(*command, options->level);
  add_print_format(*command, options->format);
  command->footer(
      "Examples:\n  tablewalk trace generate uniform -o uniform.twt --footprint 4G --count 10000000\n"
      "  tablewalk trace generate stride -o - --stride 2M --footprint 64M --count 32\n"
      "  tablewalk trace generate matmul -o matmul.twt --matrix 1024 --block 64");
  command->callback([options] {
    const OutputFormat format = parse_output_format(options->format);
    options->config.pattern = parse_pattern(options->pattern);
    const auto generator = make_generator(options->config);
    TraceWriterOptions writer_options;
    writer_options.level = options->level;
    writer_options.provenance = generator->description().provenance;
    writer_options.dependences = generator->description().dependences;
    const WrittenTrace result = write_trace(*generator, options->output, writer_options, 0);
    if (options->output != "-") print(written_text({{result, {}}}, format));
  });
}

}  // namespace

void add_trace_commands(CLI::App& app) {
  CLI::App* trace = app.add_subcommand("trace", "Inspect, convert, generate and capture traces");
  trace->require_subcommand(1);
  add_info(*trace);
  add_convert(*trace);
  add_generate(*trace);
  add_capture_command(*trace);
}

}  // namespace tablewalk
