#pragma once

#include <vector>

#include "paging/table_builder.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The figures of the page tables of all address spaces. `pages`: mapped so far, of `page_bytes` each.
void report_tables(const PagingMode& mode, const std::vector<const TableBuilder*>& tables, std::uint64_t pages,
                   std::uint64_t page_bytes, StatSet& figures);
/// And of their range tables. `ahead`: pages mapped because of a touch of another one.
void report_ranges(const std::vector<const TableBuilder*>& tables, std::uint64_t ahead, StatSet& figures);

}  // namespace tablewalk
