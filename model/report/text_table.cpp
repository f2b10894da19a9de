#include "report/text_table.h"

#include <algorithm>

#include "base/terminal.h"
#include "base/text.h"

namespace tablewalk {

std::size_t text_width(std::size_t usual) {
  const std::size_t columns = terminal_columns();
  return columns == 0 ? usual : columns;
}

void TextTable::add_row(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

std::size_t TextTable::column_width(std::size_t column) const {
  std::size_t width = display_width(header_[column]);
  for (const auto& row : rows_) width = std::max(width, display_width(row[column]));
  return width;
}

std::size_t TextTable::gap_before(std::size_t column) const {
  return std::find(joined_.begin(), joined_.end(), column) == joined_.end() ? 2 : 1;
}

std::string TextTable::line(const std::vector<std::string>& cells, std::size_t first, std::size_t last) const {
  std::string result = std::string(indent_, ' ') + pad_right(cells[0], column_width(0));
  for (std::size_t column = first; column < last; ++column) {
    result += std::string(gap_before(column), ' ') + pad_left(cells[column], column_width(column));
  }
  result.erase(result.find_last_not_of(' ') + 1);
  return result + '\n';
}

std::string TextTable::in_width(std::size_t width) const {
  std::string result;
  std::size_t first = 1;
  do {
    std::size_t used = indent_ + column_width(0);
    std::size_t last = first;
    while (last < header_.size() && (last == first || used + gap_before(last) + column_width(last) <= width)) {
      used += gap_before(last) + column_width(last);
      ++last;
    }
    result += line(header_, first, last);
    for (const auto& row : rows_) result += line(row, first, last);
    first = last;
  } while (first < header_.size());
  return result;
}

}  // namespace tablewalk
