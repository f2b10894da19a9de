#include "os/table_figures.h"

#include <string>

namespace tablewalk {

void report_tables(const PagingMode& mode, const std::vector<const TableBuilder*>& tables, std::uint64_t pages,
                   std::uint64_t page_bytes, StatSet& figures) {
  figures.begin(Section::PageTables);
  std::vector<std::uint64_t> per_level(mode.levels());
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  for (const TableBuilder* space : tables) {
    for (unsigned level = 0; level < mode.levels(); ++level) per_level[level] += space->tables_per_level()[level];
    bytes += space->table_bytes();
    count += space->table_count();
  }
  figures.count("tables.count", count, "tables", "page tables of all address spaces, at the end")
      .key()
      .explain("number of page tables of this program");
  figures.count("tables.bytes", bytes, "bytes", "memory occupied by the page tables")
      .key()
      .explain("memory occupied by the page tables");
  for (unsigned level = 0; level < mode.levels(); ++level) {
    figures.count("tables.level" + std::to_string(level) + ".count", per_level[level], "tables",
                  "page tables of this level (level 0 is the last)");
  }
  figures.count("tables.mapped_pages", pages, "pages", "pages mapped");
  figures.count("tables.mapped_bytes", pages * page_bytes, "bytes", "memory mapped by these pages")
      .explain("memory of the program mapped by the tables");
}

}  // namespace tablewalk
