#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/image_options.h"
#include "cli/map_spec.h"
#include "cli/memory_dump.h"
#include "cli/terminal.h"
#include "config/loader.h"
#include "paging/table_builder.h"
#include "paging/walk_steps.h"
#include "report/print_walk.h"
#include "system/machine_config.h"

namespace tablewalk {
namespace {

constexpr std::size_t most_differences = 20;

struct WalkArguments {
  std::string mode;
  ConfigSource config;
  ImageArguments image;
  std::vector<std::string> maps;
  std::string oracle;
  std::string dump;
  std::string access = "load";
  bool supervisor = false;
  bool explain = false;
  std::string format = "text";
  std::vector<std::string> addresses;
};

/// The keys of a machine that affect translation.
struct TranslationConfig {
  PagingConfig paging;

  template <class Keys>
  void describe(Keys& keys) {
    keys.group("paging", paging, "the page-table format");
  }
};

AccessKind parse_access(const std::string& name) {
  if (name == "load") return AccessKind::Load;
  if (name == "store") return AccessKind::Store;
  if (name == "fetch") return AccessKind::Fetch;
  throw InputError(fmt::format("--access {}: expected load, store or fetch{}", name,
                               did_you_mean(name, {"load", "store", "fetch"})));
}

void check_arguments(const WalkArguments& arguments) {
  arguments.image.check();
  const bool mapping = !arguments.maps.empty();
  const bool comparing = !arguments.oracle.empty();
  if (mapping == arguments.image.given()) {
    throw InputError(mapping ? "walk: both --image and --map given: expected one of them"
                             : "walk: no page tables: expected --image FILE or --map VA:SIZE[:PAGE][:rwxu]");
  }
  if (comparing && mapping) throw InputError("--oracle without --image: expected --image FILE too");
  if (comparing && !arguments.addresses.empty()) {
    throw InputError("--oracle reads the addresses from its file: expected no VA");
  }
  if (comparing && !arguments.image.root.empty()) {
    throw InputError("--oracle reads the root from each row: expected no --root");
  }
  if (comparing && !arguments.dump.empty()) throw InputError("--oracle and --dump: expected one of them");
  if (comparing) return;
  if (arguments.addresses.empty() && arguments.dump.empty()) {
    throw InputError("walk: no address: expected at least one VA");
  }
  if (!arguments.dump.empty() && (!arguments.addresses.empty() || arguments.format != "text")) {
    throw InputError("--dump shows bytes in place of walks: expected no VA and no --format");
  }
  if (mapping && !arguments.image.root.empty()) {
    throw InputError("--root applies to --image only: with --map the tables have a root of their own");
  }
}

/// Tables with pages of their own.
struct BuiltTables {
  FrameAllocator frames;
  TableBuilder tables;

  BuiltTables(std::uint64_t memory_bytes, const std::shared_ptr<const PagingMode>& mode, PhysicalMemory& memory)
      : frames(memory_bytes, mode->page_bytes(), {}), tables(mode, memory, frames) {}
};

/// Says so if a range given without PAGE begins or ends inside a page: pages are mapped whole.
void note_whole_pages(const std::string& spec, const MappedRange& given, VirtualAddress first, VirtualAddress last,
                      std::uint64_t page) {
  if (first == given.first && last == given.last) return;
  const std::uint64_t pages = (last.value() - first.value()) / page + 1;
  print_warning(fmt::format("--map {}: not whole pages; mapped {} page{} of {} that it touches: {:#x}..{:#x}", spec,
                            pages == 1 ? "the" : fmt::format("the {}", with_thousands(pages)), pages == 1 ? "" : "s",
                            format_byte_size(ByteSize{page}), first.value(), last.value()));
}

/// Maps the ranges to new frames.
std::unique_ptr<BuiltTables> build_tables(const std::vector<std::string>& maps,
                                          const std::shared_ptr<const PagingMode>& mode, PhysicalMemory& memory) {
  constexpr std::uint64_t plenty = std::uint64_t{1} << 40;
  // Entries are written one by one; this many take a few seconds.
  std::uint64_t pages_left = std::uint64_t{1} << 25;
  auto built = std::make_unique<BuiltTables>(std::min(plenty, mode->memory_limit()), mode, memory);
  TableBuilder& tables = built->tables;
  for (const std::string& spec : maps) {
    const auto [range, rights] = parse_map(spec);
    const std::uint64_t page = range.page_bytes == 0 ? mode->page_bytes() : range.page_bytes;
    const std::uint64_t first = range.first.value() & ~(page - 1);
    const std::uint64_t last = range.last.value() | (page - 1);
    const std::uint64_t pages = (last - first) / page + 1;
    if (pages > pages_left) {
      throw InputError(
          fmt::format("--map {}: {} pages of {}; expected at most {} pages: use larger pages "
                      "(VA:SIZE:PAGE), or map only what is walked",
                      spec, pages, format_byte_size(ByteSize{page}), pages_left));
    }
    pages_left -= pages;
    LeafSpec leaf;
    leaf.rights = rights;
    try {
      tables.map_range(VirtualAddress(first), last - first + 1, page, leaf);
    } catch (const InputError& error) {
      throw InputError(fmt::format("--map {}: {}", spec, error.what()));
    }
    note_whole_pages(spec, range, VirtualAddress(first), VirtualAddress(last), page);
  }
  return built;
}

void compare_with_oracle(const WalkArguments& arguments, const PagingConfig& paging, const PrintOptions& printing) {
  PhysicalMemory memory;
  const MemoryImage image = load_memory_image(arguments.image.source(), memory);
  warn_of_mode(image, paging.mode);
  OracleReport report = check_oracle(arguments.oracle, paging.mode, paging, memory, most_differences, &image);
  const std::uint64_t differences = report.differences();
  const std::uint64_t checks = report.checks();
  print_oracle({paging.mode, printable(arguments.oracle), printable(image.path), std::move(report)}, printing,
               std::cout);
  if (differences == 0) return;
  throw Difference(fmt::format("{}: {} of {} checks differ", arguments.oracle, differences, checks));
}

void note_image_of(const PagingMode& mode, WalkSteps& walk, const MemoryImage& image) {
  const std::string outside = outside_of_image(mode, walk, image);
  if (!outside.empty()) throw InputError(fmt::format("the walk of {:#x} {}", walk.va.value(), outside));
  note_image(walk, image.coverage);
}

void run_walk(const WalkArguments& arguments) {
  PrintOptions printing = print_options(arguments.format);
  printing.explain = arguments.explain;
  const Access access{parse_access(arguments.access), !arguments.supervisor};
  check_arguments(arguments);
  PagingConfig paging = load_config<TranslationConfig>(arguments.config).paging;
  if (!arguments.mode.empty()) paging.mode = arguments.mode;
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(paging.mode, paging);
  if (arguments.image.given()) require_radix(*mode, "--image");
  if (!arguments.oracle.empty()) return compare_with_oracle(arguments, paging, printing);

  std::optional<DumpRange> dump;
  if (!arguments.dump.empty()) dump = parse_dump(arguments.dump);
  WalkReport report;
  report.mode = mode;
  std::vector<VirtualAddress> addresses;
  for (const std::string& text : arguments.addresses) addresses.emplace_back(parse_option_integer("VA", text));
  PhysicalMemory memory;
  std::optional<MemoryImage> image;
  std::unique_ptr<BuiltTables> built;
  if (arguments.image.given()) {
    const bool has_root = !arguments.image.root.empty();
    if (has_root)
      mode->decode_root(arguments.image.root_value());  // before the image is read, to report a bad root early
    image = load_memory_image(arguments.image.source(), memory);
    warn_of_mode(*image, paging.mode);
    report.source = printable(image->path);
    if (has_root) report.root_value = arguments.image.root_value();
    if (!has_root && !dump) report.root_value = root_of(*image);  // bytes have no root
  } else {
    report.source = fmt::format("--map {}", fmt::join(arguments.maps, " --map "));
    built = build_tables(arguments.maps, mode, memory);
    report.root_value = mode->encode_root({built->tables.root(), 0});
  }
  if (dump) {
    std::cout << memory_dump(memory, *dump, image ? &*image : nullptr);
    return;
  }
  const PhysicalAddress root = mode->decode_root(report.root_value).table;
  const std::string refusal = mode->root_refusal(memory, root);
  if (!refusal.empty()) print_warning(fmt::format("{}: {}", report.source, refusal));
  for (const VirtualAddress va : addresses) {
    report.walks.push_back(walk_step_by_step(*mode, memory, root, va, access));
    if (image) note_image_of(*mode, report.walks.back(), *image);
  }
  print_walks(report, printing, std::cout);
}

constexpr const char* footer = R"(Examples:
  tablewalk walk --map 0x400000:2M 0x401234
  tablewalk walk --mode x86-32 --map 0x400000:4M:4M 0x412345 --access store --explain
  tablewalk walk --mode radix:5,5,5,5/12@4 --map 0:4M --map 0xFFC00000:4M 0xFFC01000
  tablewalk walk --mode sv39 --image pages.bin.zst --root 0x8000100000083824 0x109ee --format json
  tablewalk walk --map 0x400000:4K:rxu 0x400123 --access store
  tablewalk walk --map 0x1000:4K 0x1000 --supervisor --set paging.x86.smap=true
  tablewalk walk --image pages.bin.zst --oracle oracle.csv
  tablewalk walk --mode x86-32 --map 0x1000:8K --dump 0x1000:32
  tablewalk walk --image vmcore 0xffffffff81000000 --supervisor

--set takes the keys of `tablewalk config show` that start with paging. With --oracle every row of a CSV file
(columns root, va, pa and more) is compared with the walk; exit status 1 on a difference.)";

}  // namespace

void add_walk_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("walk", "Show one walk of the page tables, step by step");
  const auto arguments = std::make_shared<WalkArguments>();
  command->add_option("VA", arguments->addresses, "Virtual addresses");
  command->add_option(
      "-m,--mode", arguments->mode,
      fmt::format("{} or radix:B1,B2,.../OFFSET@ENTRYBYTES; x86-64 if left out", fmt::join(paging_mode_names(), ", ")));
  add_image_options(*command, arguments->image);
  command->add_option("--map", arguments->maps, "Map a range in fresh tables: VA:SIZE[:PAGE][:rwxu]; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--oracle", arguments->oracle, "Compare every row of this CSV file with the walk");
  command->add_option("--dump", arguments->dump, "Show bytes of physical memory in place of walks: PA:SIZE");
  command->add_option("--access", arguments->access, "load, store or fetch; load if left out");
  command->add_flag("--supervisor", arguments->supervisor, "Access at supervisor privilege instead of user");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set a control register, paging.x86.smep=true")
      ->allow_extra_args(false);
  command->add_flag("--explain", arguments->explain, "Print a line for each field of each entry");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(footer);
  command->callback([arguments] { run_walk(*arguments); });
}

}  // namespace tablewalk
