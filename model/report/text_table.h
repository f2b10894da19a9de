#pragma once

#include <string>
#include <vector>

namespace tablewalk {

/// A table for a terminal: the first column at the left, the others at the right. Columns that do not fit the width
/// go into further blocks below, each with the first column again.
class TextTable {
 public:
  /// `header` gives the number of columns; `indent` spaces stand before each line.
  TextTable(std::vector<std::string> header, std::size_t indent) : header_(std::move(header)), indent_(indent) {}

  /// Missing cells at the end stay empty.
  void add_row(std::vector<std::string> cells);

  /// Puts the column close to the one at its left: the two are read together.
  void join_to_left(std::size_t column) { joined_.push_back(column); }

  /// The table's lines, each ended by a newline.
  std::string text(std::size_t width = 100) const;

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
