#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dram/dram.h"
#include "observe/perfetto_writer.h"
#include "protocol/observers.h"
#include "trace/compressed_file.h"

namespace tablewalk {

/// What is written of a run's timeline.
struct TimelineOptions {
  static constexpr std::uint64_t usual_bytes = std::uint64_t{256} << 20;
  std::string path;                        ///< empty: none
  Cycles from;                             ///< slices that begin in this cycle or later
  Cycles until = Cycles::never();          ///< and before this one
  std::uint64_t most_bytes = usual_bytes;  ///< of the file before compression, about
};

/// Tracks for slices that may overlap: a slice goes to a lane in which nothing is later than its beginning. Slices must
/// be added in the order of their ends.
class TimelineLanes {
 public:
  /// The lane for a slice; one that was not used before gets the next number.
  std::size_t take(Cycles from, Cycles until);

 private:
  std::vector<Cycles> ends_;
};

/// The events of a run as a trace for ui.perfetto.dev, written while the machine runs. Its memory depends on what is in
/// flight at once, and not on the length of the run.
class Timeline final : public TranslationObserver {
 public:
  /// Throws InputError if the file cannot be created.
  explicit Timeline(const TimelineOptions& options);
  ~Timeline() override;

  // Before the run. A `group` is a core, or what the cores share.
  void add_core(unsigned core, const std::string& group);
  MissObserver& add_misses(const std::string& group, const std::string& name);
  WalkObserver& add_walker(const std::string& group, const std::string& name);
  DramObserver& add_dram(const std::string& group, const std::string& name);

  void translation_requested(const TranslationRequest& /*request*/, Cycles /*at*/) override {}
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  /// The warm-up is over.
  void start_statistics(Cycles at);
  /// Gives the completed file its final name. Throws InputError if it cannot be written.
  void finish();
  /// The cycle from which on events were left out because the file had become too large; none if it did not.
  std::optional<Cycles> cut_at() const { return cut_at_; }

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
  /// Whether a slice that begins then is written.
  bool wants(Cycles begin);

  CompressedFile file_;
  TimelineOptions options_;
  std::string buffer_;
  PerfettoWriter writer_;
  std::unordered_map<std::string, Track> processes_;
  std::deque<Group> cores_;
  std::vector<std::unique_ptr<MissObserver>> misses_;
  std::vector<std::unique_ptr<WalkObserver>> walks_;
  std::vector<std::unique_ptr<DramObserver>> banks_;
  std::optional<Cycles> cut_at_;
};

}  // namespace tablewalk
