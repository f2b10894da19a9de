#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "dram/dram.h"
#include "protocol/observers.h"

namespace tablewalk {

/// What is written of a run's timeline.
struct TimelineOptions {
  static constexpr std::uint64_t usual_bytes = std::uint64_t{256} << 20;
  std::string path;                        ///< empty: none; `.sqlite3` is for Daisen, all others for Perfetto
  Cycles from;                             ///< events that begin in this cycle or later
  Cycles until = Cycles::never();          ///< and before this one
  std::uint64_t most_bytes = usual_bytes;  ///< of the file before compression, about
};

/// The events of a run, written to a file while the machine runs. Memory depends on what is in flight at once, and not
/// on the length of the run.
class Timeline : public TranslationObserver {
 public:
  // Before the run. A `group` is a core, or what the cores share; `name` is a module's in it.
  virtual void add_core(unsigned core, const std::string& group) = 0;
  virtual MissObserver& add_misses(const std::string& group, const std::string& name) = 0;
  virtual WalkObserver& add_walker(const std::string& group, const std::string& name) = 0;
  virtual DramObserver& add_dram(const std::string& group, const std::string& name) = 0;

  void translation_requested(const TranslationRequest& /*request*/, Cycles /*at*/) override {}
  /// The warm-up is over.
  virtual void start_statistics(Cycles at) = 0;
  /// Gives the completed file its final name. Throws InputError if it cannot be written.
  virtual void finish() = 0;
  /// The cycle from which on events were left out because the file had become too large; none if it did not.
  std::optional<Cycles> cut_at() const { return cut_at_; }

 protected:
  explicit Timeline(TimelineOptions options) : options_(std::move(options)) {}

  /// Whether an event that begins then is written.
  bool wants(Cycles begin);
  const TimelineOptions& options() const { return options_; }
  /// Of the file, before compression; about.
  virtual std::uint64_t bytes_written() = 0;

 private:
  TimelineOptions options_;
  std::optional<Cycles> cut_at_;
};

/// What a DRAM bank did for an access.
const char* timeline_name(const DramNote& note);

/// Throws InputError if the file cannot be created.
std::unique_ptr<Timeline> make_timeline(const TimelineOptions& options);

}  // namespace tablewalk
