// Table sizes that can be computed by hand, compared with the code of `tablewalk tables`.

#include <fmt/format.h>

#include "paging/table_size.h"
#include "validate/claim_groups.h"

namespace tablewalk {
namespace {

enum TableFigure : std::size_t { Tables, Bytes, FlatBytes, Reads, LastLevel, TableBytes };

const Source by_hand{"by hand", "the mode's definition: bits of each index, bytes of an entry"};
const Source lecture{"teaching example",
                     "a process with two spans of 4 MiB, aligned and far apart: 64 + 2 + 2 + 1 tables of 32 entries"};
const Source intel{"Intel SDM 3A", "Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3A, Paging"};

struct TableClaim {
  const char* name;
  const char* mode;
  bool two_spans;  ///< else one page
  TableFigure figure;
  double expected;
  const char* unit;
  const Source& source;
};

const std::vector<TableClaim>& table() {
  static const std::vector<TableClaim> claims{
      {"flat table, 32 bits: size", "flat32", true, Bytes, 4194304, "bytes", by_hand},
      {"flat table, 32 bits: entries read", "flat32", true, Reads, 1, "entries", by_hand},
      {"flat table, 48 bits: size", "flat48", false, Bytes, 549755813888, "bytes", by_hand},
      {"two levels, 10/10/12: a table", "x86-32", false, TableBytes, 4096, "bytes", intel},
      {"teaching mode, two spans: tables", "radix:5,5,5,5/12@4", true, Tables, 69, "tables", lecture},
      {"teaching mode, two spans: last level", "radix:5,5,5,5/12@4", true, LastLevel, 64, "tables", lecture},
      {"teaching mode, two spans: size", "radix:5,5,5,5/12@4", true, Bytes, 8832, "bytes", lecture},
      {"teaching mode: a table", "radix:5,5,5,5/12@4", true, TableBytes, 128, "bytes", lecture},
      {"teaching mode: entries read", "radix:5,5,5,5/12@4", true, Reads, 4, "entries", lecture},
      {"x86-64, one page: tables", "x86-64", false, Tables, 4, "tables", intel},
      {"x86-64: the same as one flat table", "x86-64", false, FlatBytes, 549755813888, "bytes", intel},
      {"x86-64-la57, one page: tables", "x86-64-la57", false, Tables, 5, "tables", intel},
  };
  return claims;
}

std::vector<double> sizes(const std::string& mode_name, bool two_spans) {
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(mode_name);
  std::vector<MappedRange> ranges;
  if (two_spans) {
    ranges = {{VirtualAddress(0), VirtualAddress(0x3fffff)}, {VirtualAddress(0xffc00000), VirtualAddress(0xffffffff)}};
  } else {
    ranges = {{VirtualAddress(0x1000), VirtualAddress(0x1fff)}};
  }
  const TableSize size = table_size(*mode, ranges);
  return {static_cast<double>(size.tables),
          static_cast<double>(size.bytes),
          static_cast<double>(size.flat_bytes),
          static_cast<double>(mode->levels()),
          static_cast<double>(size.tables_per_level[0]),
          static_cast<double>(mode->table_bytes(0))};
}

}  // namespace

void add_table_claims(ClaimList& list, const ClaimChoice&) {
  for (const TableClaim& row : table()) {
    const std::size_t measured = list.measure(row.name, [row] { return sizes(row.mode, row.two_spans); });
    list.claims.push_back({"tables", row.name, row.unit, row.source, row.expected, row.expected, Tolerance::exact(),
                           measured, row.figure});
  }
}

}  // namespace tablewalk
