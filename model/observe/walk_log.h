#pragma once

#include <memory>
#include <string>

#include "protocol/observers.h"

namespace tablewalk {

/// Writes one CSV row per walk, in the order in which walks end. Columns: docs/user-guide.md.
class WalkLog final : public WalkObserver {
 public:
  /// `warming_up`: walks before start_statistics() are marked as warm-up. A name ending in .gz, .xz, .zst or .bz2 is
  /// compressed; `-` is standard output. Throws InputError if the file cannot be created.
  explicit WalkLog(const std::string& path, bool warming_up = false);
  ~WalkLog() override;

  /// The warm-up is over.
  void start_statistics() { warming_up_ = false; }
  void walk_finished(const WalkRecord& walk) override;
  /// Gives the completed file its final name. Throws InputError if it cannot be written.
  void finish();

 private:
  struct Output;
  std::unique_ptr<Output> output_;
  bool warming_up_;
};

/// One row of the log, without its last column, `phase`, and without the line end.
std::string walk_log_row(const WalkRecord& walk);
/// The header of the log, without the line end.
std::string walk_log_header();

}  // namespace tablewalk
