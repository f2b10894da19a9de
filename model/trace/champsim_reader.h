#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "trace/dependence_tracker.h"
#include "trace/stream_reader.h"

namespace tablewalk {

/// ChampSim's `input_instr`, 64 bytes little-endian: an instruction becomes a Fetch, a Load for each source address and
/// a Store for each destination address. The format has no sizes, so each access has size 1: it cannot reach into a
/// page or line that the trace does not name.
///
/// Dependences of addresses on loads come from the registers (docs/trace-format.md), unless the head of the trace has
/// none.
class ChampsimReader : public StreamReader {
 public:
  explicit ChampsimReader(std::unique_ptr<ByteSource> bytes);

  static constexpr std::size_t instruction_bytes = 64;
  static constexpr std::size_t max_records_per_instruction = 1 + 4 + 2;

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  bool next_instruction();
  void add_accesses(std::string_view bytes);
  /// Error in the record that begins at the next unread byte; records count from 1.
  [[noreturn]] void fail(const std::string& what) const;

  RegisterOrigins<256> registers_;
  LoadCount loads_;
  Record pending_[max_records_per_instruction];
  std::size_t pending_begin_ = 0;
  std::size_t pending_end_ = 0;
};

/// Whether bytes, which have no magic number, can be ChampSim records of `stride` bytes (64, or 96 for the multi-core
/// variant): both flags of each are 0 or 1, and most have an instruction pointer.
bool looks_like_champsim(std::string_view head, std::size_t stride);

}  // namespace tablewalk
