#include "observe/task_database.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {
namespace {

// No journal: a file that is not finished is removed.
constexpr const char* prepare_file = R"(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA locking_mode = EXCLUSIVE;
  CREATE TABLE trace (ID INTEGER, ParentID INTEGER, Kind TEXT, What TEXT, Location INTEGER, StartTime REAL, EndTime REAL);
  CREATE TABLE location (ID INTEGER, Locale TEXT);
  CREATE TABLE milestone (ID INTEGER, TaskID INTEGER, Time REAL, Kind TEXT, What TEXT);
  CREATE TABLE tag (ID INTEGER, TaskID INTEGER, Time REAL, What TEXT);
  CREATE TABLE "daisen$segments" (StartTime REAL, EndTime REAL);
  BEGIN)";

constexpr std::array statement_texts = {
    "INSERT INTO trace VALUES (?, ?, ?, ?, ?, ?, ?)", "INSERT INTO location VALUES (?, ?)",
    "INSERT INTO milestone VALUES (?, ?, ?, ?, ?)",   "INSERT INTO tag VALUES (?, ?, ?, ?)",
    "INSERT INTO \"daisen$segments\" VALUES (?, ?)",  "PRAGMA page_count"};

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t rows_between_looks = 64;

}  // namespace

class TaskDatabase::Row {
 public:
  Row(TaskDatabase& database, Statement statement) : database_(database), prepared_(database.prepared_[statement]) {}

  Row& operator<<(std::uint64_t value) {
    database_.check(sqlite3_bind_int64(prepared_, ++column_, static_cast<sqlite3_int64>(value)));
    return *this;
  }
  /// The text must live until the row is inserted.
  Row& operator<<(std::string_view text) {
    database_.check(sqlite3_bind_text(prepared_, ++column_, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
    return *this;
  }
  Row& operator<<(Cycles at) {
    database_.check(sqlite3_bind_double(prepared_, ++column_, 1000.0 * static_cast<double>(at.count())));
    return *this;
  }
  void insert() {
    if (sqlite3_step(prepared_) != SQLITE_DONE) database_.check(sqlite3_errcode(database_.database_));
    sqlite3_reset(prepared_);
    if (++database_.rows_ % rows_between_looks != 0) return;
    sqlite3_stmt* pages = database_.prepared_[Pages];
    if (sqlite3_step(pages) == SQLITE_ROW) {
      database_.bytes_ = static_cast<std::uint64_t>(sqlite3_column_int64(pages, 0)) * page_bytes;
    }
    sqlite3_reset(pages);
  }

 private:
  TaskDatabase& database_;
  sqlite3_stmt* prepared_;
  int column_ = 0;
};

TaskDatabase::TaskDatabase(const std::string& path) : file_(path) {
  try {
    check(sqlite3_open_v2(file_.name_meanwhile().c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr));
    execute(prepare_file);
    for (std::size_t i = 0; i < statements; ++i) {
      check(sqlite3_prepare_v2(database_, statement_texts[i], -1, &prepared_[i], nullptr));
    }
  } catch (const InputError&) {
    close();
    throw;
  }
}

TaskDatabase::~TaskDatabase() {
  close();
}

void TaskDatabase::check(int status) const {
  if (status == SQLITE_OK) return;
  throw InputError(fmt::format("{}: cannot write: {}", file_.path(), sqlite3_errmsg(database_)));
}

void TaskDatabase::execute(const char* sql) {
  check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
}

void TaskDatabase::close() {
  for (sqlite3_stmt*& statement : prepared_) {
    sqlite3_finalize(statement);
    statement = nullptr;
  }
  sqlite3_close(database_);
  database_ = nullptr;
}

/// A new location gets the next number.
std::uint64_t TaskDatabase::location(std::string_view module, std::string_view kind) {
  const auto [place, is_new] = locations_.try_emplace(fmt::format("{}.{}", module, kind), locations_.size() + 1);
  if (is_new) (Row(*this, InsertLocation) << place->second << std::string_view(place->first)).insert();
  return place->second;
}

void TaskDatabase::add(const Task& task) {
  const std::uint64_t where = location(task.module, task.kind);
  (Row(*this, InsertTask) << task.id << task.parent << task.kind << task.what << where << task.from << task.until)
      .insert();
}

void TaskDatabase::add_milestone(Id task, Cycles at, std::string_view kind, std::string_view what) {
  (Row(*this, InsertMilestone) << ++notes_ << task << at << kind << what).insert();
}

void TaskDatabase::add_tag(Id task, Cycles at, std::string_view what) {
  (Row(*this, InsertTag) << ++notes_ << task << at << what).insert();
}

void TaskDatabase::add_segment(Cycles from, Cycles until) {
  (Row(*this, InsertSegment) << from << until).insert();
}

void TaskDatabase::finish() {
  execute("COMMIT");
  close();
  file_.finish();
}

}  // namespace tablewalk
