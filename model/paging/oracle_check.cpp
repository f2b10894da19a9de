#include "paging/oracle_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/byte_source.h"
#include "base/error.h"
#include "base/line_source.h"
#include "base/text.h"
#include "base/units.h"
#include "paging/walk_steps.h"

namespace tablewalk {
namespace {

/// A number, or nothing: `unmapped`.
using Value = std::optional<std::uint64_t>;

constexpr const char* unmapped = "unmapped";

/// The source of a row's values: the walk ignoring rights, and its result.
struct Looked {
  const PagingMode& mode;
  const WalkSteps& walk;
  const WalkStep* leaf;  ///< nullptr if the address is unmapped

  const EntryView& view() const { return leaf->view; }
  std::uint64_t field(const char* name) const {
    for (const BitField& field : mode.entry_fields(leaf->entry, leaf->level)) {
      if (std::strcmp(field.name, name) == 0) return field.of(leaf->entry);
    }
    return 0;
  }
  std::uint64_t physical() const {
    return leaf->view.target.value() + (walk.va.value() & low_bits(leaf->view.page_shift));
  }
};

/// The walk's value for a column; evaluated only if there is a leaf, except for `levels`.
struct Answer {
  const char* column;
  std::uint64_t (*found)(const Looked& at);
};

constexpr Answer answers[] = {
    {"page_size", [](const Looked& at) { return std::uint64_t{1} << at.view().page_shift; }},
    {"writable", [](const Looked& at) { return std::uint64_t{at.view().rights.write}; }},
    {"nx", [](const Looked& at) { return std::uint64_t{!at.view().rights.execute}; }},
    {"r", [](const Looked& at) { return std::uint64_t{at.view().rights.read}; }},
    {"w", [](const Looked& at) { return std::uint64_t{at.view().rights.write}; }},
    {"x", [](const Looked& at) { return std::uint64_t{at.view().rights.execute}; }},
    {"user", [](const Looked& at) { return std::uint64_t{at.view().rights.user}; }},
    {"global_", [](const Looked& at) { return std::uint64_t{at.view().global}; }},
    {"accessed", [](const Looked& at) { return std::uint64_t{at.view().accessed}; }},
    {"dirty", [](const Looked& at) { return std::uint64_t{at.view().dirty}; }},
    {"pcd", [](const Looked& at) { return at.field("PCD"); }},
    {"pwt", [](const Looked& at) { return at.field("PWT"); }},
    {"eff_writable", [](const Looked& at) { return std::uint64_t{at.leaf->rights.write}; }},
    {"eff_user", [](const Looked& at) { return std::uint64_t{at.leaf->rights.user}; }},
    {"eff_nx", [](const Looked& at) { return std::uint64_t{!at.leaf->rights.execute}; }},
    {"leaf_pte", [](const Looked& at) { return at.leaf->entry; }},
    {"levels", [](const Looked& at) { return std::uint64_t{at.walk.steps.size()}; }},
};

/// Columns that are inputs, or that are compared differently than by `answers`.
constexpr std::array other_columns = {"root", "va", "pa", "gva2gpa", "priv", "sum"};

std::vector<std::string> known_columns() {
  std::vector<std::string> names(other_columns.begin(), other_columns.end());
  for (const Answer& answer : answers) names.emplace_back(answer.column);
  return names;
}

const Answer* find_answer(const std::string& column) {
  const auto* found =
      std::find_if(std::begin(answers), std::end(answers), [&](const Answer& one) { return column == one.column; });
  return found == std::end(answers) ? nullptr : found;
}

std::string text_of(Value value) {
  if (!value) return unmapped;
  return *value < 10 ? std::to_string(*value) : fmt::format("{:#x}", *value);
}

class OracleChecker {
 public:
  OracleChecker(const std::string& path, const std::string& mode_name, const PagingControls& controls,
                const PhysicalMemory& memory, std::size_t most_differences, const MemoryImage* image)
      : bytes_(path, "oracle"), lines_(bytes_), memory_(memory), most_differences_(most_differences), image_(image) {
    mode_ = make_paging_mode(mode_name, controls);
    for (const bool sum : {false, true}) {
      PagingControls with_sum = controls;
      with_sum.riscv.sum = sum;
      mode_of_sum_[sum ? 1 : 0] = make_paging_mode(mode_name, with_sum);
    }
    read_header();
  }

  OracleReport check() {
    std::string_view line;
    while (lines_.next(line)) {
      cells_ = split(line, ',');
      if (cells_.size() != names_.size()) {
        lines_.fail(fmt::format("{} cells; expected {}, as the first line has", cells_.size(), names_.size()));
      }
      check_row();
      ++report_.rows;
    }
    if (report_.rows == 0) {
      throw InputError(fmt::format("{}: no rows below the names of the columns: expected at least one", bytes_.path()));
    }
    return std::move(report_);
  }

 private:
  static constexpr std::size_t absent = ~std::size_t{0};

  void read_header() {
    std::string_view line;
    if (!lines_.next(line)) {
      throw InputError(fmt::format("{}: the oracle is empty: expected a line of column names", bytes_.path()));
    }
    names_ = split(line, ',');
    const std::vector<std::string> known = known_columns();
    for (const std::string& name : names_) {
      if (std::count(names_.begin(), names_.end(), name) > 1) {
        lines_.fail("column " + in_quotes(name) + " is given twice");
      }
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        lines_.fail(fmt::format("unknown column {}; expected {}{}", in_quotes(name), fmt::join(known, ", "),
                                did_you_mean(name, known)));
      }
      if (name == "pa" || name == "gva2gpa" || find_answer(name) != nullptr) report_.columns.push_back({name, 0, 0});
    }
    root_ = required("root");
    va_ = required("va");
    pa_ = required("pa");
    if (has("gva2gpa")) {
      gva2gpa_ = place("gva2gpa");
      priv_ = required("priv");
      sum_ = required("sum");
    }
  }

  std::size_t place(const std::string& column) const {
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), column) - names_.begin());
  }
  bool has(const std::string& column) const { return place(column) != names_.size(); }
  std::size_t required(const std::string& column) const {
    if (!has(column)) lines_.fail(fmt::format("column '{}' is missing", column));
    return place(column);
  }

  [[noreturn]] void fail_cell(std::size_t column, const char* expected) const {
    lines_.fail(fmt::format("column {}: {}; expected {}", names_[column], in_quotes(cells_[column]), expected));
  }
  std::uint64_t number(std::size_t column) const {
    try {
      return parse_integer(cells_[column]);
    } catch (const InputError&) {
      fail_cell(column, "a whole number, decimal or hexadecimal after 0x");
    }
  }
  Value number_or_unmapped(std::size_t column) const {
    if (cells_[column] == unmapped) return std::nullopt;
    return number(column);
  }

  void check_row() {
    RootRegister root;
    try {
      root = mode_->decode_root(number(root_));
    } catch (const InputError& error) {
      lines_.fail(error.what());
    }
    const VirtualAddress va(number(va_));
    const WalkSteps walk = walk_step_by_step(*mode_, memory_, root.table, va, {AccessKind::Load, false});
    const std::string outside = image_ == nullptr ? "" : outside_of_image(*mode_, walk, *image_);
    if (!outside.empty()) lines_.fail(fmt::format("the walk of {:#x} {}", va.value(), outside));
    const Looked looked{*mode_, walk, walk.leaf()};
    const Value expected = number_or_unmapped(pa_);
    compare("pa", va, expected, looked.leaf == nullptr ? Value{} : Value{looked.physical()});
    for (std::size_t column = 0; column < names_.size(); ++column) {
      if (const Answer* answer = find_answer(names_[column]))
        check_answer(column, *answer, looked, expected.has_value());
    }
    if (gva2gpa_ != absent) check_access(root.table, va, expected.has_value());
  }

  void check_answer(std::size_t column, const Answer& answer, const Looked& looked, bool mapped) {
    const bool is_levels = names_[column] == "levels";
    if (!mapped && !is_levels) return must_be_empty(column);
    const std::uint64_t expected = number(column);
    if (looked.leaf == nullptr && !is_levels) {
      compare(names_[column], looked.walk.va, expected, std::nullopt);
    } else {
      compare(names_[column], looked.walk.va, expected, answer.found(looked));
    }
  }

  /// Compares a load at the row's privilege.
  void check_access(PhysicalAddress root, VirtualAddress va, bool mapped) {
    if (!mapped) {
      for (const std::size_t column : {gva2gpa_, priv_, sum_}) must_be_empty(column);
      return;
    }
    const bool user = cells_[priv_] == "U";
    if (!user && cells_[priv_] != "S") fail_cell(priv_, "U or S");
    const std::uint64_t sum = number(sum_);
    if (sum > 1) fail_cell(sum_, "0 or 1");
    const WalkOutcome outcome = mode_of_sum_[sum]->walk(memory_, root, va, {AccessKind::Load, user});
    compare("gva2gpa", va, number_or_unmapped(gva2gpa_),
            outcome.translated ? Value{outcome.translation.physical(va).value()} : Value{});
  }

  void must_be_empty(std::size_t column) const {
    if (!cells_[column].empty()) fail_cell(column, "nothing, since pa is 'unmapped'");
  }

  void compare(const std::string& column, VirtualAddress va, Value expected, Value found) {
    const auto counted = std::find_if(report_.columns.begin(), report_.columns.end(),
                                      [&](const OracleColumn& one) { return one.name == column; });
    ++counted->checks;
    if (expected == found) return;
    ++counted->differences;
    const bool follows_from_pa = !found && column != "pa" && column != "gva2gpa";
    if (follows_from_pa || report_.first_ones.size() >= most_differences_) return;
    report_.first_ones.push_back({lines_.line_number(), va, column, text_of(expected), text_of(found)});
  }

  ByteSource bytes_;
  LineSource lines_;
  const PhysicalMemory& memory_;
  std::size_t most_differences_;
  const MemoryImage* image_;
  std::shared_ptr<const PagingMode> mode_;
  std::array<std::shared_ptr<const PagingMode>, 2> mode_of_sum_;
  std::vector<std::string> names_;
  std::vector<std::string> cells_;  ///< of the current row
  std::size_t root_ = absent;
  std::size_t va_ = absent;
  std::size_t pa_ = absent;
  std::size_t gva2gpa_ = absent;
  std::size_t priv_ = absent;
  std::size_t sum_ = absent;
  OracleReport report_;
};

}  // namespace

std::uint64_t OracleReport::checks() const {
  std::uint64_t sum = 0;
  for (const OracleColumn& column : columns) sum += column.checks;
  return sum;
}

std::uint64_t OracleReport::differences() const {
  std::uint64_t sum = 0;
  for (const OracleColumn& column : columns) sum += column.differences;
  return sum;
}

OracleReport check_oracle(const std::string& path, const std::string& mode_name, const PagingControls& controls,
                          const PhysicalMemory& memory, std::size_t most_differences, const MemoryImage* image) {
  return OracleChecker(path, mode_name, controls, memory, most_differences, image).check();
}

}  // namespace tablewalk
