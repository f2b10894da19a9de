#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "trace/record.h"

namespace tablewalk {

/// XXH3 (64 bits) of a sequence of records, each as its 16 bytes in memory: address, size, distance, kind, privilege,
/// asid, little-endian. Independent of how the sequence is split into batches.
class RecordChecksum {
 public:
  RecordChecksum();
  ~RecordChecksum();
  RecordChecksum(const RecordChecksum&) = delete;
  RecordChecksum& operator=(const RecordChecksum&) = delete;

  void reset();
  void add(const Record* records, std::size_t count);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// XXH3 (64 bits) of plain bytes, as used by the native format for its own structures.
std::uint64_t checksum_of_bytes(const void* data, std::size_t bytes, std::uint64_t seed = 0);

}  // namespace tablewalk
