#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/line_source.h"
#include "trace/generate.h"
#include "trace/inline_trace.h"
#include "trace/text_reader.h"
#include "trace/trace_formats.h"
#include "trace/trace_reader.h"

namespace tablewalk {
namespace {

using Look = TraceFormat::Look;

constexpr std::size_t first_look_bytes = 1 << 16;
constexpr std::size_t longest_look_bytes = 64 << 20;  // longer comments at the head are not a trace
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

[[noreturn]] void refuse(const ByteSource& bytes, const std::string& why) {
  throw InputError(fmt::format("{}: {}", bytes.path(), why));
}

const TraceFormat* recognise(Look look, std::string_view head_or_line) {
  const auto& formats = trace_formats();
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const TraceFormat& format) {
    return format.look == look && format.recognises(head_or_line);
  });
  return found == formats.end() ? nullptr : &*found;
}

/// Whether the line fits several formats: a comment, or `thread N`.
bool says_nothing(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#' || names_thread(line);
}

const TraceFormat& lackey() {
  static const TraceFormat& format = *find_trace_format("lackey");
  return format;
}

/// Whether Lackey lines come later: the traced program's output may precede them in the pipe.
bool holds_lackey(std::string_view text) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (lackey().recognises(text.substr(start, end - start))) return true;
    start = end + 1;
  }
  return false;
}

std::size_t bytes_of_mark(ByteSource& bytes) {
  const std::string_view head = bytes.peek(byte_order_mark.size()).substr(0, byte_order_mark.size());
  return head == byte_order_mark ? head.size() : 0;
}

/// Examines lines until one decides, however many comments precede it; nullptr if its format is unknown.
const TraceFormat* format_of_text(ByteSource& bytes) {
  std::size_t start = bytes_of_mark(bytes);
  for (std::size_t look = first_look_bytes; look <= longest_look_bytes; look *= 2) {
    const std::string_view text = bytes.peek(look);
    const bool is_all = text.size() < look;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      if (end == std::string_view::npos && !is_all) break;
      std::string_view line = text.substr(start, std::min(end, text.size()) - start);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      const TraceFormat* format = recognise(Look::Line, line);
      if (format != &lackey() && says_physical(line.substr(std::min(line.find('#'), line.size())))) {
        refuse(bytes,
               "the trace declares physical addresses: expected virtual addresses, which are what is "
               "translated");
      }
      if (format != nullptr) return format;
      if (!says_nothing(line)) return holds_lackey(text.substr(start)) ? &lackey() : nullptr;
      start = std::min(end, text.size()) + 1;
    }
    if (is_all) refuse(bytes, "contains comments but no access: expected at least one");
    if (start == 0) return nullptr;  // a single line fills the whole look-ahead
  }
  return nullptr;
}

/// The format of `bytes`, detected from content; nothing is consumed.
const TraceFormat& detect(ByteSource& bytes) {
  const TraceFormat* format = recognise(Look::Head, bytes.peek(trace_head_bytes));
  if (format == nullptr) format = format_of_text(bytes);
  if (format == nullptr && is_text_argument(bytes.path())) {
    Record record;  // the reader of text says what is wrong with it
    find_trace_format("text")->open(lines_of_argument(bytes.path()), nullptr)->read(&record, 1);
  }
  if (format == nullptr) {
    refuse(bytes, fmt::format("not a trace in a supported format: expected {} (--trace-format overrides what is "
                              "detected)",
                              list_of_trace_formats()));
  }
  if (format->open == nullptr) refuse(bytes, fmt::format("looks like {}, {}", format->name, format->refusal));
  return *format;
}

}  // namespace

std::unique_ptr<TraceReader> open_trace(const std::string& path, const std::string& format,
                                        const std::shared_ptr<TwtScratch>& shared) {
  const TraceFormat* named = find_trace_format(format);
  if (named == nullptr && format != "auto") {
    throw InputError(fmt::format("trace format '{}' is unknown: expected auto, {}{}", format, list_of_trace_formats(),
                                 did_you_mean(format, trace_format_names())));
  }
  if (is_generated_argument(path)) {
    if (named != nullptr) throw InputError(path + ": is no file: expected no --trace-format");
    return make_generator(generator_of_argument(path));
  }
  auto bytes = is_text_argument(path) ? lines_of_argument(path) : std::make_unique<ByteSource>(path);
  if (bytes->peek(1).empty()) refuse(*bytes, "the trace is empty: expected at least one access");
  const TraceFormat& found = named != nullptr ? *named : detect(*bytes);
  if (found.look == Look::Line) bytes->skip(bytes_of_mark(*bytes));
  return found.open(std::move(bytes), shared);
}

}  // namespace tablewalk
