#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/types.h"
#include "trace/output_file.h"

namespace tablewalk {

/// A database of tasks as Daisen, the viewer of the Akita simulator framework, reads it (its version 5): tables `trace`
/// (tasks), `location`, `milestone`, `tag` and `daisen$segments`. Times are in picoseconds; a cycle is a nanosecond of
/// them. The file gets its name when it is complete.
class TaskDatabase {
 public:
  using Id = std::uint64_t;

  struct Task {
    Id id = 0;
    Id parent = 0;
    std::string_view kind;
    std::string_view what;
    std::string_view module;  ///< the location is `module.kind`: one for each kind of task of a module
    Cycles from;
    Cycles until;
  };

  /// Throws InputError, as everything below.
  explicit TaskDatabase(const std::string& path);
  ~TaskDatabase();
  TaskDatabase(const TaskDatabase&) = delete;
  TaskDatabase& operator=(const TaskDatabase&) = delete;

  void add(const Task& task);
  /// What the task waited for until then.
  void add_milestone(Id task, Cycles at, std::string_view kind, std::string_view what);
  void add_tag(Id task, Cycles at, std::string_view what);
  void add_segment(Cycles from, Cycles until);
  void finish();

  /// Of the file; as of the last few rows.
  std::uint64_t bytes() const { return bytes_; }

 private:
  enum Statement : std::size_t { InsertTask, InsertLocation, InsertMilestone, InsertTag, InsertSegment, Pages };
  static constexpr std::size_t statements = 6;

  /// A row of an insertion: its values in the order of the columns.
  class Row;

  std::uint64_t location(std::string_view module, std::string_view kind);
  void execute(const char* sql);
  void check(int status) const;
  void close();

  OutputFile file_;
  sqlite3* database_ = nullptr;
  std::array<sqlite3_stmt*, statements> prepared_{};
  std::unordered_map<std::string, std::uint64_t> locations_;
  std::uint64_t notes_ = 0;  ///< milestones and tags
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tablewalk
