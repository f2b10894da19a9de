#include "observe/timeline.h"

#include <array>
#include <filesystem>

#include "observe/daisen_timeline.h"
#include "observe/perfetto_timeline.h"

namespace tablewalk {

bool Timeline::wants(Cycles begin) {
  if (begin < options_.from || begin >= options_.until) return false;
  if (!cut_at_ && bytes_written() >= options_.most_bytes) cut_at_ = begin;
  return !cut_at_;
}

const char* timeline_name(const DramNote& note) {
  if (note.kind == DramNote::Kind::Accepted) return "write accepted";
  if (note.kind == DramNote::Kind::Forwarded) return "read from the write buffer";
  constexpr std::array names = {"row hit", "row miss", "row conflict"};
  return names[static_cast<unsigned>(note.row)];
}

std::unique_ptr<Timeline> make_timeline(const TimelineOptions& options) {
  if (std::filesystem::path(options.path).extension() == ".sqlite3") return std::make_unique<DaisenTimeline>(options);
  return std::make_unique<PerfettoTimeline>(options);
}

}  // namespace tablewalk
