#include "cli/timeline_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/units.h"
#include "cli/options.h"

namespace tablewalk {

TimelineOptions TimelineArguments::options() const {
  const char* given = from            ? "--timeline-from"
                      : cycles        ? "--timeline-cycles"
                      : !size.empty() ? "--timeline-size"
                                      : nullptr;
  if (path.empty() && given != nullptr) {
    throw InputError(fmt::format("{} without --timeline: expected --timeline FILE too", given));
  }
  if (path == "-") throw InputError("--timeline -: expected a file name, such as run.pftrace");
  const std::filesystem::path name(path);
  const bool packed = name.extension() != ".sqlite3" && name.stem().extension() == ".sqlite3";
  if (packed || name.extension() == ".sqlite" || name.extension() == ".db") {
    throw InputError(
        fmt::format("--timeline {}: expected a name that ends in .sqlite3 for Daisen, or another one, such as "
                    "run.pftrace, for Perfetto",
                    path));
  }
  TimelineOptions options;
  options.path = path;
  options.from = Cycles(from.value_or(0));
  if (cycles.value_or(0) != 0) options.until = options.from + Cycles(*cycles);
  if (size.empty()) return options;
  try {
    options.most_bytes = parse_byte_size(size).bytes;
  } catch (const InputError&) {
    options.most_bytes = 0;
  }
  if (options.most_bytes == 0) {
    throw InputError(fmt::format("--timeline-size {}: expected a number of bytes, such as 64M or 2G", size));
  }
  return options;
}

void add_timeline_options(CLI::App& command, TimelineArguments& arguments) {
  command.add_option(
      "--timeline", arguments.path,
      "File for the run as a timeline, a cycle as a nanosecond: for ui.perfetto.dev (.gz compresses), or, if "
      "its name ends in .sqlite3, for Daisen");
  add_whole(command, "--timeline-from", arguments.from, "First cycle of the timeline");
  add_whole(command, "--timeline-cycles", arguments.cycles, "Number of cycles in the timeline; 0 is all");
  command.add_option("--timeline-size", arguments.size,
                     "Size of the uncompressed file at which it ends, such as 2G (256M)");
}

}  // namespace tablewalk
