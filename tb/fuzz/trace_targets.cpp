#include <algorithm>
#include <vector>

#include "fuzz/parser_target.h"
#include "fuzz/read_trace.h"
#include "trace/trace_formats.h"
#include "trace/trace_writer.h"

namespace tablewalk::test {
namespace {

constexpr std::size_t most_records = std::size_t{1} << 20;  // a few bytes can be compressed gigabytes

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Without an access or an event of a core a text has nothing that it could be recognised by.
bool can_be_recognised(const TraceContent& content) {
  return std::any_of(content.records.begin(), content.records.end(),
                     [](const Record& record) { return record.kind != RecordKind::Thread; });
}

void read_again(const std::string& path, const std::string& format, const TraceContent& expected) {
  TraceContent again;
  if (!accepts([&] { again = read_trace(path, format); })) finding("what was written as " + path + " is refused");
  if (!(again.records == expected.records)) finding("what was written as " + path + " has other records");
  if (again.has_layout != expected.has_layout || !(again.layout == expected.layout))
    finding("what was written as " + path + " has another layout");
  if (again.dependences != expected.dependences) finding("dependences are known, and then not, or the reverse");
  if (one_line(again.provenance) != one_line(expected.provenance)) finding("the provenance comes back otherwise");
}

bool read_from_pipe(std::string_view bytes, const TraceContent& expected) {
  const BytesAsFile pipe(bytes, BytesAsFile::Kind::Pipe);
  TraceContent content;
  if (!accepts([&] { content = read_trace(pipe.path(), "auto"); })) return false;
  if (!(content.layout == expected.layout)) finding("a file has another layout than a pipe");
  if (content.records != expected.records) finding("a file has other records than a pipe");
  return true;
}

}  // namespace

TraceContent read_all(TraceReader& reader) {
  TraceContent content;
  Record batch[101];
  while (const std::size_t count = reader.read(batch, std::size(batch))) {
    content.records.insert(content.records.end(), batch, batch + count);
    if (content.records.size() > most_records) break;
  }
  content.dependences = reader.description().dependences;
  content.provenance = reader.description().provenance;
  content.checksum = reader.checksum();
  content.has_layout = reader.description().has_layout;
  for (const LayoutChange& change : reader.description().layout) {
    if (change.record < content.records.size()) content.layout.push_back(change);
  }
  return content;
}

TraceContent read_trace(const std::string& path, const std::string& format, const std::shared_ptr<TwtScratch>& shared) {
  return read_all(*open_trace(path, format, shared));
}

void write_and_read_again(const TraceContent& content) {
  if (content.records.size() > most_records) return;
  static const TemporaryFolder folder;
  for (const char* name : {"again.txt", "again.twt"}) {
    const std::string path = folder.path(name);
    TraceWriterOptions options;
    options.provenance = content.provenance;
    options.dependences = content.dependences;
    options.layout = content.has_layout;
    options.records_per_block = 1 << 10;
    const auto write = [&] {
      const auto writer = make_trace_writer(path, options);
      write_with_layout(*writer, content.layout, 0, content.records.data(), content.records.size());
      writer->finish();
    };
    if (!accepts(write)) finding("what was read cannot be written");
    const bool text = path.back() == 't' && path[path.size() - 2] == 'x';
    read_again(path, text ? "text" : "twt", content);
    if (!text || can_be_recognised(content)) read_again(path, "auto", content);
  }
}

bool run_traces(std::string_view bytes) {
  bool any = false;
  std::vector<std::string> formats = trace_format_names();
  std::replace(formats.begin(), formats.end(), std::string("twt"), std::string("auto"));  // twt is a target of its own
  for (const std::string& format : formats) {
    TraceContent content;
    const BytesAsFile file(bytes);
    const bool read = accepts([&] { content = read_trace(file.path(), format); });
    if (format == "auto" && read_from_pipe(bytes, content) != read) finding("read from a file or a pipe only");
    if (read) write_and_read_again(content);
    any = any || read;
  }
  return any;
}

}  // namespace tablewalk::test
