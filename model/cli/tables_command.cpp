#include "cli/tables_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/map_spec.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "config/loader.h"
#include "paging/table_size.h"
#include "report/figures.h"
#include "report/print_options.h"
#include "report/text_table.h"
#include "system/machine_config.h"
#include "trace/trace_reader.h"

namespace tablewalk {
namespace {

struct TablesOptions {
  std::string trace_path;
  std::string trace_format = "auto";
  std::vector<std::string> maps;
  std::vector<std::string> modes;
  ConfigSource config;
  std::uint64_t processes = 1;
  std::string memory = "16G";
  std::string format = "text";
};

/// The keys of a machine on which the sizes depend.
struct TablesConfig {
  PagingControls paging;

  template <class Keys>
  void describe(Keys& keys) {
    keys.group("paging", paging, "parameters of the page-table organisations");
  }
};

/// The mapped ranges of each address space.
using Spaces = std::map<AddressSpaceId, std::vector<MappedRange>>;

struct ModeSize {
  std::shared_ptr<const PagingMode> mode;
  TableSize size;  ///< over all address spaces
};

constexpr std::uint64_t default_grain_bytes = 4096;
constexpr const char* usual_modes[] = {"flat32", "x86-32", "flat48", "x86-64", "x86-64-la57"};

void add_trace(Spaces& spaces, const TablesOptions& options, std::uint64_t grain_bytes) {
  const std::unique_ptr<TraceReader> reader = open_trace(options.trace_path, options.trace_format);
  std::map<AddressSpaceId, Footprint> footprints;
  std::vector<Record> records(batch_records);
  while (const std::size_t count = reader->read(records.data(), records.size())) {
    for (std::size_t i = 0; i < count; ++i) {
      const Record& record = records[i];
      if (is_event(record.kind)) continue;
      footprints.try_emplace(record.asid, grain_bytes).first->second.touch(record.address, record.size);
    }
  }
  const std::string& note = reader->description().note;
  if (!note.empty()) print_warning(fmt::format("{}: {}", options.trace_path, note));
  for (const auto& [asid, footprint] : footprints) {
    const std::vector<MappedRange> ranges = footprint.ranges();
    spaces[asid].insert(spaces[asid].end(), ranges.begin(), ranges.end());
  }
}

/// Ranges from --map belong to each of --processes address spaces; traces of one process to the first of them.
Spaces mapped_spaces(const TablesOptions& options, const std::vector<std::shared_ptr<const PagingMode>>& modes) {
  std::uint64_t grain_bytes = modes.empty() ? default_grain_bytes : modes.front()->page_bytes();
  for (const auto& mode : modes) grain_bytes = std::min(grain_bytes, mode->page_bytes());
  Spaces spaces;
  for (const std::string& spec : options.maps) {
    const MappedRange range = parse_map(spec).range;
    for (std::uint64_t process = 0; process < options.processes; ++process) {
      spaces[static_cast<AddressSpaceId>(process)].push_back(range);
    }
  }
  if (!options.trace_path.empty()) add_trace(spaces, options, grain_bytes);
  if (spaces.empty()) throw InputError(fmt::format("{}: no accesses: expected at least one", options.trace_path));
  return spaces;
}

bool can_hold(const PagingMode& mode, const Spaces& spaces) {
  return std::all_of(spaces.begin(), spaces.end(), [&](const auto& space) {
    const std::vector<MappedRange>& ranges = space.second;
    return translates_all(mode, ranges) && std::all_of(ranges.begin(), ranges.end(), [&](const MappedRange& range) {
             return range.page_bytes == 0 || mode.find_page_size(range.page_bytes) != nullptr;
           });
  });
}

/// The standard organisations, except those that cannot hold the footprint.
std::vector<std::shared_ptr<const PagingMode>> default_modes(const Spaces& spaces, const PagingControls& controls) {
  std::vector<std::shared_ptr<const PagingMode>> modes;
  for (const char* name : usual_modes) {
    const std::shared_ptr<const PagingMode> mode = make_paging_mode(name, controls);
    if (can_hold(*mode, spaces)) modes.push_back(mode);
  }
  // If none fits, counting for the widest one reports why.
  if (modes.empty()) modes.push_back(make_paging_mode("x86-64-la57"));
  return modes;
}

/// Element by element, of address spaces that have tables of their own.
void add(const std::vector<std::uint64_t>& more, std::vector<std::uint64_t>& sums) {
  sums.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

ModeSize size_of_all(const std::shared_ptr<const PagingMode>& mode, const Spaces& spaces, std::uint64_t memory_bytes) {
  ModeSize sum{mode, {}};
  for (const auto& [asid, ranges] : spaces) {
    const TableSize size = table_size(*mode, ranges, memory_bytes);
    sum.size.pages += size.pages;
    sum.size.flat_bytes += size.flat_bytes;
    if (mode->spaces_share_tables() && sum.size.tables != 0) continue;
    add(size.tables_per_level, sum.size.tables_per_level);
    add(size.bytes_per_level, sum.size.bytes_per_level);
    sum.size.tables += size.tables;
    sum.size.bytes += size.bytes;
  }
  if (mode->spaces_share_tables() && sum.size.pages > memory_bytes / mode->page_bytes()) {
    throw InputError(fmt::format("{}: {} pages do not fit into {} of memory: expected a larger --memory", mode->name(),
                                 sum.size.pages, humane_byte_size(memory_bytes)));
  }
  return sum;
}

double share_of_flat(const TableSize& size) {
  return static_cast<double>(size.bytes) / static_cast<double>(size.flat_bytes);
}

/// `1/475`, or `2.5x` if the tree is larger.
std::string ratio_text(const TableSize& size) {
  const double share = share_of_flat(size);
  if (size.bytes == size.flat_bytes) return "1";
  if (share > 1) return fmt::format("{:.1f}x", share);
  const double inverse = 1 / share;
  return inverse < 10 ? fmt::format("1/{:.1f}", inverse) : fmt::format("1/{}", std::llround(inverse));
}

/// `1 + 2 + 2 + 64`, root first.
std::string levels_text(const ModeSize& one) {
  const std::vector<std::uint64_t>& tables = one.size.tables_per_level;
  return fmt::format("{}", fmt::join(tables.rbegin(), tables.rend(), " + "));
}

std::string to_text(const std::vector<ModeSize>& sizes) {
  TextTable table(
      {"mode", "pages", "tables", "bytes", "", "bytes if flat", "", "of flat", "tables by level, root first"}, 0);
  for (const ModeSize& one : sizes) {
    const TableSize& size = one.size;
    table.add_row({one.mode->name(), std::to_string(size.pages), std::to_string(size.tables),
                   std::to_string(size.bytes), humane_byte_size(size.bytes), std::to_string(size.flat_bytes),
                   humane_byte_size(size.flat_bytes), ratio_text(size), levels_text(one)});
  }
  return table.text(160);
}

std::string to_json(const TablesOptions& options, const Spaces& spaces, const std::vector<ModeSize>& sizes) {
  nlohmann::ordered_json document;
  document["schema"] = "tablewalk.tables/1";
  if (!options.trace_path.empty()) document["trace"] = printable(options.trace_path);
  if (!options.maps.empty()) document["maps"] = options.maps;
  document["address_spaces"] = spaces.size();
  document["modes"] = nlohmann::ordered_json::array();
  for (const ModeSize& one : sizes) {
    nlohmann::ordered_json mode;
    mode["mode"] = one.mode->name();
    mode["page_bytes"] = one.mode->page_bytes();
    mode["pages"] = one.size.pages;
    mode["tables"] = one.size.tables;
    mode["bytes"] = one.size.bytes;
    mode["flat_bytes"] = one.size.flat_bytes;
    mode["share_of_flat"] = share_of_flat(one.size);
    mode["levels_root_first"] = nlohmann::ordered_json::array();
    for (std::size_t level = one.size.tables_per_level.size(); level-- > 0;) {
      nlohmann::ordered_json row;
      row["tables"] = one.size.tables_per_level[level];
      if (one.mode->is_radix()) {
        row["table_bytes"] = one.mode->table_bytes(level);
      } else {
        row["bytes"] = one.size.bytes_per_level[level];
      }
      mode["levels_root_first"].push_back(row);
    }
    document["modes"].push_back(mode);
  }
  return document.dump(2) + "\n";
}

std::string to_csv(const std::vector<ModeSize>& sizes) {
  std::string text = "mode,page_bytes,pages,tables,bytes,flat_bytes,share_of_flat,tables_root_first\n";
  for (const ModeSize& one : sizes) {
    text +=
        fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(one.mode->name()), one.mode->page_bytes(), one.size.pages,
                    one.size.tables, one.size.bytes, one.size.flat_bytes, share_of_flat(one.size), levels_text(one));
  }
  return text;
}

std::uint64_t memory_of(const TablesOptions& options) {
  constexpr std::uint64_t least = 64 << 10;
  constexpr std::uint64_t most = std::uint64_t{1} << 48;
  std::uint64_t bytes = 0;
  try {
    bytes = parse_byte_size(options.memory).bytes;
  } catch (const InputError& error) {
    throw InputError(fmt::format("--memory {}: {}", options.memory, error.what()));
  }
  if (bytes < least || bytes > most) {
    throw InputError(
        fmt::format("--memory {}: expected {} to {}", options.memory, humane_byte_size(least), humane_byte_size(most)));
  }
  return bytes;
}

void run_tables(const TablesOptions& options) {
  const OutputFormat format = parse_output_format(options.format);
  if (options.trace_path.empty() && options.maps.empty()) {
    throw InputError("tables: nothing to map: expected a trace or --map VA:SIZE[:PAGE][:rwxu]");
  }
  constexpr std::uint64_t most_processes = 65536;  // as many as a trace can have
  if (options.processes == 0 || options.processes > most_processes) {
    throw InputError(fmt::format("--processes {}: expected 1 to {}", options.processes, most_processes));
  }
  if (options.processes != 1 && options.maps.empty()) {
    throw InputError("--processes without --map: a trace has its own processes; expected --map VA:SIZE[:PAGE] too");
  }
  const std::uint64_t memory_bytes = memory_of(options);
  const PagingControls controls = load_config<TablesConfig>(options.config).paging;
  std::vector<std::shared_ptr<const PagingMode>> modes;
  for (const std::string& name : options.modes) modes.push_back(make_paging_mode(name, controls));
  const Spaces spaces = mapped_spaces(options, modes);
  if (modes.empty()) modes = default_modes(spaces, controls);
  std::vector<ModeSize> sizes;
  try {
    for (const auto& mode : modes) sizes.push_back(size_of_all(mode, spaces, memory_bytes));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", options.trace_path.empty() ? "--map" : options.trace_path, error.what()));
  }
  const std::string text = format == OutputFormat::Json  ? to_json(options, spaces, sizes)
                           : format == OutputFormat::Csv ? to_csv(sizes)
                                                         : to_text(sizes);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

constexpr const char* footer = R"(Examples:
  tablewalk tables traces/sort.twt
  tablewalk tables traces/sort.twt --mode flat48 --mode x86-64 --mode radix:12,12,12/12@8
  tablewalk tables --mode radix:5,5,5,5/12@4 --map 0:4M --map 0xFFC00000:4M
  tablewalk tables --map 0x7f0000000000:1G --format csv
  tablewalk tables --mode x86-64 --map 0:1G:2M
  tablewalk tables --mode flat32 --mode x86-32 --map 0:4M --processes 100

A flat table is counted in full: every entry of its address space, mapped or not. The column `of flat` compares with one
level over the same virtual address bits, page size and entry size.)";

}  // namespace

void add_tables_commands(CLI::App& app) {
  const auto options = std::make_shared<TablesOptions>();
  CLI::App* command = app.add_subcommand("tables", "Size of each page-table organisation for a footprint");
  command->add_option("TRACE", options->trace_path, "map every page this trace touches; - is standard input");
  add_trace_format(*command, options->trace_format);
  command
      ->add_option("--map", options->maps, "map a range: VA:SIZE[:PAGE][:rwxu], sizes as 4K, 2M, 1G; may be repeated")
      ->allow_extra_args(false);
  add_whole(*command, "--processes", options->processes, "processes that each map the ranges of --map");
  command->add_option("--memory", options->memory, "memory of the machine: an inverted table has an entry per frame")
      ->capture_default_str();
  command
      ->add_option("-m,--mode", options->modes,
                   fmt::format("{} or radix:B1,B2,.../OFFSET@ENTRYBYTES; may be repeated. Default: those of {} "
                               "that can map the addresses",
                               fmt::join(paging_mode_names(), ", "), fmt::join(usual_modes, ", ")))
      ->allow_extra_args(false);
  command
      ->add_option("--set", options->config.overrides,
                   "KEY=VALUE: a parameter of an organisation, paging.cuckoo.walk_tables=upper")
      ->allow_extra_args(false);
  command->add_option("--format", options->format, "text, json or csv")->capture_default_str();
  command->footer(footer);
  command->callback([options] { run_tables(*options); });
}

}  // namespace tablewalk
