#include "trace/detect.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/line_source.h"
#include "trace/champsim_reader.h"
#include "trace/lackey_reader.h"
#include "trace/text_fields.h"
#include "trace/text_reader.h"
#include "trace/trace_reader.h"
#include "trace/twt_format.h"
#include "trace/twt_reader.h"

namespace tablewalk {
namespace {

constexpr std::size_t first_look_bytes = 1 << 16;
constexpr std::size_t longest_look_bytes = 64 << 20;  // a head of comments longer than this is no trace
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t champsim_look_records = 256;

[[noreturn]] void refuse(const ByteSource& bytes, const std::string& why) {
  throw InputError(fmt::format("{}: {}", bytes.path(), why));
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool looks_like_pinatrace(std::string_view line) {
  if (!starts_with(line, "0x")) return false;
  line.remove_prefix(2);
  std::uint64_t value = 0;
  return take_hex(line, value) == FieldResult::Good && (starts_with(line, ": R ") || starts_with(line, ": W "));
}

bool looks_like_dinero(std::string_view line) {
  if (line.size() < 3 || line[0] < '0' || line[0] > '4' || line[1] != ' ') return false;
  line.remove_prefix(2);
  if (starts_with(line, "0x")) line.remove_prefix(2);
  std::uint64_t value = 0;
  return take_hex(line, value) == FieldResult::Good && (line.empty() || line[0] == ' ' || line[0] == '\r');
}

/// `0, 0x401000, 0xf3, "push rax"`: processor, address, instruction word, disassembly.
bool looks_like_execlog(std::string_view line) {
  std::uint64_t value = 0;
  return take_decimal(line, value) == FieldResult::Good && starts_with(line, ", 0x") &&
         line.find('"') != std::string_view::npos;
}

bool looks_like_ramulator(std::string_view line) {
  if (!starts_with(line, "LD ") && !starts_with(line, "ST ")) return false;
  line.remove_prefix(3);
  if (starts_with(line, "0x")) line.remove_prefix(2);
  std::uint64_t value = 0;
  return take_hex(line, value) == FieldResult::Good;
}

/// The format that one line speaks for, or an empty string when it says nothing (a comment, or `thread N`).
std::string format_of_line(const ByteSource& bytes, std::string_view line) {
  if (is_valgrind_noise(line) || looks_like_lackey(line)) return "lackey";
  if (says_physical(line.substr(std::min(line.find('#'), line.size())))) {
    refuse(bytes,
           "the trace says that its addresses are physical: expected virtual addresses, which are what is "
           "translated");
  }
  if (starts_with(line, "#eof")) {
    refuse(bytes, "looks like Pin pinatrace, which is not read; convert it to text (R|W 0xADDRESS SIZE)");
  }
  if (is_blank_or_comment(line) || names_thread(line)) return "";
  if (looks_like_text(line)) return "text";
  if (looks_like_ramulator(line)) {
    refuse(bytes,
           "looks like a Ramulator LD|ST trace, whose addresses are physical: expected virtual addresses, which "
           "are what is translated");
  }
  if (looks_like_execlog(line)) {
    refuse(bytes,
           "looks like a QEMU execlog, which is not read: in system mode its addresses are physical; convert a "
           "user-mode log to text (R|W|X 0xADDRESS SIZE)");
  }
  if (looks_like_pinatrace(line)) {
    refuse(bytes, "looks like Pin pinatrace, which is not read; convert it to text (R|W 0xADDRESS SIZE)");
  }
  if (looks_like_dinero(line)) {
    refuse(bytes, "looks like Dinero .din, which is not read; convert it to text (R|W|X 0xADDRESS SIZE)");
  }
  return "unknown";
}

/// Whether Lackey's lines come later: a traced program's own output may be first in their pipe.
bool holds_lackey(std::string_view text) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (is_valgrind_noise(line) || looks_like_lackey(line)) return true;
    start = end + 1;
  }
  return false;
}

std::size_t bytes_of_mark(ByteSource& bytes) {
  return starts_with(bytes.peek(byte_order_mark.size()), byte_order_mark) ? byte_order_mark.size() : 0;
}

/// A tar header: 512 bytes, of which the sum (its own eight bytes as blanks) is in it, in octal.
bool looks_like_tar(std::string_view head) {
  constexpr std::size_t header_bytes = 512;
  constexpr std::size_t sum_at = 148;
  constexpr std::size_t sum_bytes = 8;
  if (head.size() < header_bytes) return false;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < header_bytes; ++i) {
    sum += i >= sum_at && i < sum_at + sum_bytes ? ' ' : static_cast<unsigned char>(head[i]);
  }
  std::uint64_t written = 0;
  std::size_t at = sum_at;
  while (at < sum_at + sum_bytes && head[at] == ' ') ++at;
  for (; at < sum_at + sum_bytes && head[at] >= '0' && head[at] <= '7'; ++at) written = 8 * written + (head[at] - '0');
  return written == sum;
}

/// Looks at lines until one decides, however many comments stand before it.
std::string format_of_text(ByteSource& bytes) {
  std::size_t start = bytes_of_mark(bytes);
  for (std::size_t look = first_look_bytes; look <= longest_look_bytes; look *= 2) {
    const std::string_view text = bytes.peek(look);
    const bool is_all = text.size() < look;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      if (end == std::string_view::npos && !is_all) break;
      std::string_view line = text.substr(start, std::min(end, text.size()) - start);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      const std::string format = format_of_line(bytes, line);
      if (format == "unknown" && holds_lackey(text.substr(start))) return "lackey";
      if (!format.empty()) return format;
      start = std::min(end, text.size()) + 1;
    }
    if (is_all) refuse(bytes, "holds comments but no access: expected at least one");
    if (start == 0) return "unknown";  // one line as long as the look
  }
  return "unknown";
}

std::string format_of_binary(ByteSource& bytes) {
  const std::string_view head = bytes.peek(ChampsimReader::instruction_bytes * champsim_look_records);
  if (starts_with(head, twt::head_magic)) return "twt";
  if (looks_like_tar(head)) {
    refuse(bytes, "looks like a tar archive, which is not read: extract it (tar -xf) and name the trace in it");
  }
  if (starts_with(head, "gem5")) {
    refuse(bytes,
           "looks like a gem5 packet trace (protobuf), which is not read and whose addresses are physical; "
           "convert one of virtual addresses to text (R|W|X 0xADDRESS SIZE)");
  }
  if (starts_with(head, "PK\x03\x04")) {
    refuse(bytes,
           "looks like a zip archive (DynamoRIO drmemtrace?), which is not read; convert it to text "
           "(R|W|X 0xADDRESS SIZE)");
  }
  if (looks_like_champsim(head.substr(0, head.size() - head.size() % ChampsimReader::instruction_bytes),
                          ChampsimReader::instruction_bytes)) {
    return "champsim";
  }
  constexpr std::size_t multi_core_bytes = 96;
  if (head.size() >= 2 * multi_core_bytes && looks_like_champsim(head, multi_core_bytes)) {
    refuse(bytes,
           "looks like ChampSim's 96-byte multi-core records, which are not read; expected the 64-byte "
           "input_instr");
  }
  return "unknown";
}

}  // namespace

const std::vector<std::string>& trace_formats() {
  static const std::vector<std::string> names = {"lackey", "champsim", "text", "twt"};
  return names;
}

std::string detect_trace_format(ByteSource& bytes) {
  if (bytes.peek(1).empty()) refuse(bytes, "the trace is empty: expected at least one access");
  std::string format = format_of_binary(bytes);
  if (format == "unknown") format = format_of_text(bytes);
  if (format == "unknown") {
    refuse(bytes,
           "not a trace in any format that is read: expected lackey, champsim, text or twt (--trace-format "
           "overrides what is detected)");
  }
  return format;
}

std::unique_ptr<TraceReader> open_trace(const std::string& path, const std::string& format,
                                        const std::shared_ptr<TwtScratch>& shared) {
  const auto& names = trace_formats();
  if (format != "auto" && std::find(names.begin(), names.end(), format) == names.end()) {
    throw InputError(fmt::format("trace format '{}' is unknown: expected auto, lackey, champsim, text or twt{}", format,
                                 did_you_mean(format, names)));
  }
  auto bytes = std::make_unique<ByteSource>(path);
  if (bytes->peek(1).empty()) refuse(*bytes, "the trace is empty: expected at least one access");
  const std::string found = format == "auto" ? detect_trace_format(*bytes) : format;
  if (found == "lackey" || found == "text") bytes->skip(bytes_of_mark(*bytes));
  if (found == "lackey") return std::make_unique<LackeyReader>(std::move(bytes));
  if (found == "champsim") return std::make_unique<ChampsimReader>(std::move(bytes));
  if (found == "text") return std::make_unique<TextReader>(std::move(bytes));
  return std::make_unique<TwtReader>(std::move(bytes), shared);
}

}  // namespace tablewalk
