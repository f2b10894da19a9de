#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/temporary_folder.h"
#include "trace/trace_reader.h"

namespace tablewalk::test {

struct TraceContent {
  std::vector<Record> records;
  bool dependences = false;
  std::string provenance;
  std::uint64_t checksum = 0;
  bool has_layout = false;
  Layout layout;  ///< its changes before the last record
};

/// All that is left, or a million records.
TraceContent read_all(TraceReader& reader);
TraceContent read_trace(const std::string& path, const std::string& format,
                        const std::shared_ptr<TwtScratch>& shared = nullptr);

/// Writes what was read, as text and in the native format, and holds both to the same.
void write_and_read_again(const TraceContent& content);

}  // namespace tablewalk::test
