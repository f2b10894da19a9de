#include "cli/layout_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cli/map_spec.h"
#include "os/layout.h"
#include "trace/proc_maps.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t usual_page_bytes = 4096;

/// A region of the range in whole pages.
Region region_of(const MapSpec& spec, std::uint64_t page_bytes) {
  const MappedRange& range = spec.range;
  const std::uint64_t offset = page_bytes - 1;
  Region region;
  region.range = {VirtualAddress(range.first.value() & ~offset), VirtualAddress(range.last.value() | offset)};
  region.kind.rights = spec.rights;
  region.kind.page_bytes = range.page_bytes;
  return region;
}

}  // namespace

std::optional<Regions> LayoutArguments::regions(std::uint64_t page_bytes) const {
  if (!given()) return std::nullopt;
  Regions regions(std::min(page_bytes, usual_page_bytes));
  if (!maps_file.empty()) {
    for (const LayoutChange& region : read_proc_maps(maps_file)) apply_change(region, regions);
  }
  for (const std::string& spec : maps) {
    try {
      regions.reserve(region_of(parse_map(spec), page_bytes));
    } catch (const InputError& error) {
      const std::string message = error.what();
      // What is wrong with the text already names the option.
      if (message.rfind("--map ", 0) == 0) throw;
      throw InputError(fmt::format("--map {}: {}", spec, message));
    }
  }
  return regions;
}

void add_layout_options(CLI::App& command, LayoutArguments& layout) {
  command
      .add_option(
          "--map", layout.maps,
          "VA:SIZE[:PAGE][:rwxu]: the program may use this range, and nothing that is not given; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--maps", layout.maps_file,
                     "The program may use the regions of this file, of the form of /proc/PID/maps or smaps");
}

}  // namespace tablewalk
