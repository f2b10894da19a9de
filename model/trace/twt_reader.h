#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trace/stream_reader.h"
#include "trace/twt_codec.h"
#include "trace/twt_format.h"
#include "trace/twt_scratch.h"

namespace tablewalk {

/// Reads the native trace format (docs/trace-format.md). A plain file is checked for completeness when opened, and is
/// seekable; a pipe or a compressed file is read front to back and checked at its end.
///
/// Holds a decompressed block, 1 to 2 MiB for traces of real programs. Readers used in turn can share the memory for
/// one: each keeps a part of its block and decompresses the block again for the next part. All parts together take 3
/// MiB: a few readers rarely decompress a block twice, and many readers take little more memory.
class TwtReader : public StreamReader {
 public:
  /// Throws InputError for a damaged or missing header, index or footer.
  explicit TwtReader(std::unique_ptr<ByteSource> bytes, std::shared_ptr<TwtScratch> shared = nullptr);

  /// Makes `record_index` (from 0) the next record to read; the number of records seeks to the end. Restarts
  /// checksum(). Throws InputError if there is no such record or the input is a pipe or compressed.
  void seek(std::uint64_t record_index);

  bool skip_to(std::uint64_t record) override;

  std::uint64_t blocks() const { return index_.size(); }

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  void read_header();
  void read_index_and_footer();
  void check_index(const twt::Footer& footer) const;
  void read_layouts_of_file(std::uint64_t index_offset);
  bool at_layout();
  void read_layout();
  void add_layout(std::string_view text, std::uint64_t at);
  void start_next_block();
  void finish_stream();
  void check_header() const;
  void decompress();
  bool needs_next_part() const;
  void take_next_part();
  std::string take(std::size_t bytes, const char* what);
  [[noreturn]] void fail(std::uint64_t offset, const std::string& message) const;

  std::shared_ptr<TwtScratch> scratch_;
  bool shares_ = false;  // shares the scratch: the decoder's bytes are in part_
  TwtDecoder decoder_;
  twt::BlockHeader block_{};        // the current block
  std::size_t codes_after_ = 0;     // of the block, not yet passed to the decoder
  std::size_t operands_after_ = 0;  // the same
  std::vector<char> part_;
  std::vector<twt::IndexEntry> index_;  // seekable file: known from the start; otherwise grows with the blocks
  std::uint64_t records_read_ = 0;
  std::uint64_t block_offset_ = 0;
  bool layout_known_ = false;  // all of it was read when the file was opened
  bool read_from_start_ = true;
  bool at_end_ = false;
};

}  // namespace tablewalk
