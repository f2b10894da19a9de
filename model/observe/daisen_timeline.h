#pragma once

#include <memory>
#include <string>
#include <vector>

#include "observe/task_database.h"
#include "observe/timeline.h"

namespace tablewalk {

/// The events of a run as tasks for Daisen. A translation is the parent of all that it caused: the misses of TLBs, the
/// walk, whose children are the accesses to entries, the fetches of lines and the reads of the DRAM.
class DaisenTimeline final : public Timeline {
 public:
  /// Throws InputError if the file cannot be created.
  explicit DaisenTimeline(const TimelineOptions& options);
  ~DaisenTimeline() override;

  void add_core(unsigned core, const std::string& group) override;
  MissObserver& add_misses(const std::string& group, const std::string& name) override;
  WalkObserver& add_walker(const std::string& group, const std::string& name) override;
  DramObserver& add_dram(const std::string& group, const std::string& name) override;

  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void start_statistics(Cycles at) override;
  void finish() override;

 private:
  using Id = TaskDatabase::Id;
  class Misses;
  class Walks;
  class Banks;

  /// Numbers that JavaScript holds exactly: even here, odd for translations, which are named before they are written.
  Id new_id() { return 2 * ++tasks_; }
  static Id id_of(TranslationId translation);
  /// Of what the translation caused; the run itself if it is none.
  static Id parent(TranslationId translation) { return translation.is_valid() ? id_of(translation) : run; }
  /// Writes it, and keeps the end of the last one.
  void add(const TaskDatabase::Task& task);
  std::uint64_t bytes_written() override { return database_.bytes(); }

  static constexpr Id run = 2;

  TaskDatabase database_;
  Id tasks_ = 1;
  Cycles end_;
  std::vector<std::string> cores_;
  std::vector<std::unique_ptr<MissObserver>> misses_;
  std::vector<std::unique_ptr<WalkObserver>> walks_;
  std::vector<std::unique_ptr<DramObserver>> banks_;
};

}  // namespace tablewalk
