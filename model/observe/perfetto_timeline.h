#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "observe/perfetto_writer.h"
#include "observe/timeline.h"
#include "trace/compressed_file.h"

namespace tablewalk {

/// Tracks for slices that may overlap: a slice goes to a lane in which nothing is later than its beginning. Slices must
/// be added in the order of their ends.
class TimelineLanes {
 public:
  /// The lane for a slice; one that was not used before gets the next number.
  std::size_t take(Cycles from, Cycles until);

 private:
  std::vector<Cycles> ends_;
};

/// The events of a run as a trace for ui.perfetto.dev.
class PerfettoTimeline final : public Timeline {
 public:
  /// Throws InputError if the file cannot be created.
  explicit PerfettoTimeline(const TimelineOptions& options);
  ~PerfettoTimeline() override;

  void add_core(unsigned core, const std::string& group) override;
  MissObserver& add_misses(const std::string& group, const std::string& name) override;
  WalkObserver& add_walker(const std::string& group, const std::string& name) override;
  DramObserver& add_dram(const std::string& group, const std::string& name) override;

  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void start_statistics(Cycles at) override;
  void finish() override;

 private:
  using Track = PerfettoWriter::Track;
  /// The tracks of a module for slices that overlap.
  struct Group {
    std::string lane_name;
    Track track = 0;
    TimelineLanes lanes;
    std::vector<Track> tracks;
  };
  class Misses;
  class Walks;
  class Banks;

  Track process(const std::string& group);
  Group make_group(const std::string& group, const std::string& name, const std::string& lane_name);
  Track lane_of(Group& group, std::size_t lane);
  std::uint64_t bytes_written() override { return writer_.bytes_written(); }

  CompressedFile file_;
  std::string buffer_;
  PerfettoWriter writer_;
  std::unordered_map<std::string, Track> processes_;
  std::deque<Group> cores_;
  std::vector<std::unique_ptr<MissObserver>> misses_;
  std::vector<std::unique_ptr<WalkObserver>> walks_;
  std::vector<std::unique_ptr<DramObserver>> banks_;
};

}  // namespace tablewalk
