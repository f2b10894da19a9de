#pragma once

#include <string>

#include "trace/output_file.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// Writes the plain text form: `R 0x1fff0006c8 8`, with ` @ASID` if not 0 and ` supervisor` if applicable; events as
/// `invalidate ...`, and changes of the layout as comments.
class TextWriter : public TraceWriter {
 public:
  TextWriter(const std::string& path, const TraceWriterOptions& options);

  void write(const Record* records, std::size_t count) override;
  void change_layout(const LayoutChange& change) override;
  void finish() override;
  std::uint64_t bytes_written() const override { return file_.bytes_written(); }

 private:
  OutputFile file_;
  bool dependences_;
  bool layout_;
};

}  // namespace tablewalk
