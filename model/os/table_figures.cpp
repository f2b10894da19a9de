#include "os/table_figures.h"

#include <string>

namespace tablewalk {
namespace {

/// The figures of one more address space; all have the same ones.
void add_figures(const std::vector<TableFigure>& more, std::vector<TableFigure>& sums) {
  if (sums.empty()) {
    sums = more;
    return;
  }
  for (std::size_t i = 0; i < more.size(); ++i) sums[i].value += more[i].value;
}

}  // namespace

void report_tables(const PagingMode& mode, const std::vector<const TableBuilder*>& tables, std::uint64_t pages,
                   std::uint64_t page_bytes, StatSet& figures) {
  figures.begin(Section::PageTables);
  std::vector<std::uint64_t> per_level(mode.is_radix() ? mode.levels() : 0);
  std::vector<TableFigure> own;
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  for (const TableBuilder* space : tables) {
    for (unsigned level = 0; level < per_level.size(); ++level) per_level[level] += space->tables_per_level()[level];
    add_figures(space->figures(), own);
    bytes += space->table_bytes();
    count += space->table_count();
  }
  figures.count("tables.count", count, "tables", "page tables of all address spaces, at the end")
      .at_end()
      .of_trace()
      .key()
      .explain("number of page tables of this program");
  figures.count("tables.bytes", bytes, "bytes", "memory occupied by the page tables")
      .at_end()
      .of_trace()
      .key()
      .explain("memory occupied by the page tables");
  for (unsigned level = 0; level < per_level.size(); ++level) {
    figures
        .count("tables.level" + std::to_string(level) + ".count", per_level[level], "tables",
               "page tables of this level (level 0 is the last)")
        .at_end()
        .of_trace();
  }
  for (const TableFigure& figure : own) {
    figures.count(std::string("tables.") + figure.name, figure.value, figure.unit, figure.meaning).at_end().of_trace();
  }
  figures.count("tables.mapped_pages", pages, "pages", "pages mapped").at_end().of_trace();
  figures.count("tables.mapped_bytes", pages * page_bytes, "bytes", "memory mapped by these pages")
      .at_end()
      .of_trace()
      .explain("memory of the program mapped by the tables");
}

void report_ranges(const std::vector<const TableBuilder*>& tables, std::uint64_t ahead, StatSet& figures) {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pages = 0;
  for (const TableBuilder* space : tables) {
    entries += space->ranges()->entries();
    bytes += space->ranges()->table_bytes();
    pages += space->ranges()->pages();
  }
  figures.count("tables.ranges", entries, "ranges", "entries of the range tables, at the end")
      .key()
      .explain("entries of the range tables: the program's memory in that many contiguous pieces");
  figures.count("tables.range_pages", pages, "pages", "pages in these ranges");
  figures.count("tables.range_bytes", bytes, "bytes", "memory occupied by the range tables");
  figures.count("tables.pages_ahead", ahead, "pages", "pages mapped because of a touch of another page");
}

}  // namespace tablewalk
