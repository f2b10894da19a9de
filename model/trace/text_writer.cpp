#include "trace/text_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "trace/event_form.h"
#include "trace/record_check.h"
#include "trace/twt_writer.h"

namespace tablewalk {
namespace {

constexpr char kind_letters[access_kinds] = {'X', 'R', 'W', 'M'};
constexpr std::size_t longest_provenance = 60000;  // a line of 64 KiB is not read as one

void append_access(fmt::memory_buffer& text, const Record& record) {
  fmt::format_to(std::back_inserter(text), "{} {:#x} {}", kind_letters[static_cast<unsigned>(record.kind)],
                 record.address.value(), record.size);
  if (record.asid != 0) fmt::format_to(std::back_inserter(text), " @{}", record.asid);
  if (record.privilege == Privilege::Supervisor) fmt::format_to(std::back_inserter(text), " supervisor");
  if (record.distance != 0) fmt::format_to(std::back_inserter(text), " <-{}", record.distance);
}

void append_event(fmt::memory_buffer& text, const Record& record) {
  const auto out = std::back_inserter(text);
  const EventForm& form = form_of(record.kind);
  fmt::format_to(out, "{}", form.word);
  if (form.has_address) fmt::format_to(out, " {:#x}", record.address.value());
  const bool names_space = form.asid == AsidField::Required || (form.asid == AsidField::Optional && record.asid != 0);
  if (names_space) fmt::format_to(out, " @{}", record.asid);
  if (form.asid == AsidField::Thread) fmt::format_to(out, " {}", record.asid);
}

bool ends_with(const std::string& text, const std::string& ending) {
  return text.size() > ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

}  // namespace

TextWriter::TextWriter(const std::string& path, const TraceWriterOptions& options)
    : file_(path), dependences_(options.dependences), layout_(options.layout) {
  std::string head;
  if (!options.provenance.empty()) {
    head = "# provenance: " + options.provenance.substr(0, longest_provenance);
    if (options.provenance.size() > longest_provenance) head += "...";
    std::replace(head.begin(), head.end(), '\n', ' ');
    head += '\n';
  }
  if (options.dependences) head += "# dependences: known\n";
  if (options.layout) head += "# layout: known\n";
  if (!head.empty()) file_.write(head.data(), head.size());
}

void TextWriter::write(const Record* records, std::size_t count) {
  fmt::memory_buffer text;
  for (std::size_t i = 0; i < count; ++i) {
    const Record& record = records[i];
    if (record.distance != 0 && !dependences_) throw InputError(file_.path() + ": " + why_no_distance);
    is_event(record.kind) ? append_event(text, record) : append_access(text, record);
    text.push_back('\n');
    if (i % batch_records == batch_records - 1 || i + 1 == count) {
      file_.write(text.data(), text.size());
      text.clear();
    }
  }
}

void TextWriter::change_layout(const LayoutChange& change) {
  if (!layout_) throw InputError(fmt::format("{}: {}", file_.path(), why_no_layout));
  const std::string line = "# layout: " + to_text(change) + "\n";
  file_.write(line.data(), line.size());
}

void TextWriter::finish() {
  file_.finish();
}

void write_with_layout(TraceWriter& writer, const Layout& layout, std::uint64_t first, const Record* records,
                       std::size_t count) {
  auto change = std::lower_bound(layout.begin(), layout.end(), first,
                                 [](const LayoutChange& one, std::uint64_t record) { return one.record < record; });
  std::size_t written = 0;
  for (; change != layout.end() && change->record < first + count; ++change) {
    const std::size_t before = static_cast<std::size_t>(change->record - first);
    if (before != written) writer.write(records + written, before - written);
    written = before;
    writer.change_layout(*change);
  }
  if (written != count) writer.write(records + written, count - written);
}

std::unique_ptr<TraceWriter> make_trace_writer(const std::string& path, const TraceWriterOptions& options) {
  if (ends_with(path, ".twt")) return std::make_unique<TwtWriter>(path, options);
  if (path == "-" || ends_with(path, ".txt")) return std::make_unique<TextWriter>(path, options);
  throw InputError(path +
                   ": cannot tell the format to write: expected a name that ends in .twt or .txt, or - for text");
}

}  // namespace tablewalk
