#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trace/output_file.h"
#include "trace/record_checksum.h"
#include "trace/trace_writer.h"
#include "trace/twt_codec.h"
#include "trace/twt_format.h"

struct ZSTD_CCtx_s;

namespace tablewalk {

/// Writes the native trace format (docs/trace-format.md) in one pass.
class TwtWriter : public TraceWriter {
 public:
  /// Throws InputError if the file cannot be created or an option is out of range.
  TwtWriter(const std::string& path, const TraceWriterOptions& options);

  void write(const Record* records, std::size_t count) override;
  void change_layout(const LayoutChange& change) override;
  void finish() override;
  std::uint64_t bytes_written() const override { return file_.bytes_written(); }

  std::uint64_t records_written() const { return records_written_; }
  std::uint64_t checksum() const { return checksum_.value(); }

 private:
  void write_header(const TraceWriterOptions& options);
  void end_block();
  void compress(std::string_view plain);
  void write_layout();

  OutputFile file_;
  std::uint32_t records_per_block_;
  bool dependences_;
  bool has_layout_;
  std::string layout_text_;  ///< changes before the end of the current block, not yet written
  TwtEncoder encoder_;
  RecordChecksum checksum_;
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> compressor_;
  std::string plain_;
  std::vector<char> frame_;
  std::vector<twt::IndexEntry> index_;
  std::uint64_t records_written_ = 0;
};

}  // namespace tablewalk
