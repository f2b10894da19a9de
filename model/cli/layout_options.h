#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "os/regions.h"

namespace tablewalk {

/// The command-line options that describe which addresses a program may use.
struct LayoutArguments {
  std::vector<std::string> maps;  ///< each VA:SIZE[:PAGE][:rwxu]
  std::string maps_file;          ///< of the form of /proc/PID/maps or smaps

  bool given() const { return !maps.empty() || !maps_file.empty(); }
  /// The only regions of the program; nothing if no option was given: every address is allowed. `page_bytes`: the
  /// smallest page of the paging mode. Ranges of --map are extended to whole pages. Throws InputError that names the
  /// option or the file.
  std::optional<Regions> regions(std::uint64_t page_bytes) const;
};

/// Adds --map and --maps.
void add_layout_options(CLI::App& command, LayoutArguments& layout);

}  // namespace tablewalk
