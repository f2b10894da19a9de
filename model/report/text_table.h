#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tablewalk {

/// Columns for text: those of the terminal (base/terminal.h), else `usual`.
std::size_t text_width(std::size_t usual);

/// Spaces before what is listed under a heading.
constexpr std::size_t list_indent = 2;

/// A table for a terminal: the first column left-aligned, the others right-aligned. Columns that do not fit the width
/// continue in further blocks below, each repeating the first column.
class TextTable {
 public:
  /// `header` gives the number of columns; each line is indented by `indent` spaces.
  TextTable(std::vector<std::string> header, std::size_t indent) : header_(std::move(header)), indent_(indent) {}

  /// Missing cells at the end stay empty.
  void add_row(std::vector<std::string> cells);

  /// Places the column next to the one on its left, because they are read together.
  void join_to_left(std::size_t column) { joined_.push_back(column); }

  /// The table's lines, each ended by a newline, in the width of the terminal; `usual`: where there is none.
  std::string text(std::size_t usual = 100) const { return in_width(text_width(usual)); }
  /// The same in that width.
  std::string in_width(std::size_t width) const;

 private:
  std::size_t column_width(std::size_t column) const;
  std::size_t gap_before(std::size_t column) const;
  std::string line(const std::vector<std::string>& cells, std::size_t first, std::size_t last) const;

  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> joined_;
  std::size_t indent_;
};

}  // namespace tablewalk
