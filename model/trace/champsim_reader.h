#pragma once

#include <memory>
#include <string_view>

#include "trace/stream_reader.h"

namespace tablewalk {

/// ChampSim's `input_instr`, 64 bytes little-endian: one instruction gives a Fetch of 4 bytes (the format does not say
/// how long it is), then a Load of 8 bytes for each source address, then a Store for each destination address.
class ChampsimReader : public StreamReader {
 public:
  explicit ChampsimReader(std::unique_ptr<ByteSource> bytes) : StreamReader(std::move(bytes), "champsim") {}

  static constexpr std::size_t instruction_bytes = 64;
  static constexpr std::size_t max_records_per_instruction = 1 + 4 + 2;

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  bool next_instruction();

  Record pending_[max_records_per_instruction];
  std::size_t pending_begin_ = 0;
  std::size_t pending_end_ = 0;
};

/// Whether bytes, which carry no magic number, can be ChampSim's records of `stride` bytes (64, or 96 for the
/// multi-core variant): the two flags of each are 0 or 1, each has an instruction pointer.
bool looks_like_champsim(std::string_view head, std::size_t stride);

}  // namespace tablewalk
