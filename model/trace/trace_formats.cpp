#include "trace/trace_formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "trace/champsim_reader.h"
#include "trace/lackey_reader.h"
#include "trace/text_fields.h"
#include "trace/text_reader.h"
#include "trace/twt_format.h"
#include "trace/twt_reader.h"

namespace tablewalk {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// Removes a hexadecimal number (with or without 0x) from the start of the text; false if there is none.
bool take_number(std::string_view& text) {
  if (starts_with(text, "0x")) text.remove_prefix(2);
  std::uint64_t value = 0;
  return take_hex(text, value) == FieldResult::Good;
}

bool is_champsim(std::string_view head) {
  constexpr std::size_t records = 256;
  const std::size_t whole = std::min(head.size() / ChampsimReader::instruction_bytes, records);
  return looks_like_champsim(head.substr(0, whole * ChampsimReader::instruction_bytes),
                             ChampsimReader::instruction_bytes);
}

bool is_multi_core_champsim(std::string_view head) {
  constexpr std::size_t record_bytes = 96;
  return head.size() >= 2 * record_bytes && looks_like_champsim(head, record_bytes);
}

/// A tar header: 512 bytes that contain their own sum in octal (with the sum's eight bytes taken as blanks).
bool is_tar(std::string_view head) {
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

bool is_lackey(std::string_view line) {
  return is_valgrind_noise(line) || looks_like_lackey(line);
}

bool is_pinatrace(std::string_view line) {
  if (starts_with(line, "#eof")) return true;
  return starts_with(line, "0x") && take_number(line) && (starts_with(line, ": R ") || starts_with(line, ": W "));
}

bool is_dinero(std::string_view line) {
  if (line.size() < 3 || line[0] < '0' || line[0] > '4' || line[1] != ' ') return false;
  line.remove_prefix(2);
  return take_number(line) && (line.empty() || line[0] == ' ' || line[0] == '\r');
}

/// `0, 0x401000, 0xf3, "push rax"`: processor, address, instruction word, disassembly.
bool is_execlog(std::string_view line) {
  std::uint64_t value = 0;
  return take_decimal(line, value) == FieldResult::Good && starts_with(line, ", 0x") &&
         line.find('"') != std::string_view::npos;
}

bool is_ramulator(std::string_view line) {
  if (!starts_with(line, "LD ") && !starts_with(line, "ST ")) return false;
  line.remove_prefix(3);
  return take_number(line);
}

template <class Reader>
std::unique_ptr<TraceReader> open(std::unique_ptr<ByteSource> bytes, const std::shared_ptr<TwtScratch>& /*shared*/) {
  return std::make_unique<Reader>(std::move(bytes));
}

std::unique_ptr<TraceReader> open_twt(std::unique_ptr<ByteSource> bytes, const std::shared_ptr<TwtScratch>& shared) {
  return std::make_unique<TwtReader>(std::move(bytes), shared);
}

constexpr auto by_head = TraceFormat::Look::Head;
constexpr auto by_line = TraceFormat::Look::Line;

}  // namespace

const std::vector<TraceFormat>& trace_formats() {
  static const std::vector<TraceFormat> formats = {
      {"lackey", by_line, is_lackey, open<LackeyReader>, "", {".lackey"}},
      {"twt",
       by_head,
       [](std::string_view head) { return starts_with(head, twt::head_magic); },
       open_twt,
       "",
       {".twt"}},
      {"a tar archive", by_head, is_tar, nullptr,
       "which is not supported: extract it (tar -xf) and give the trace in it"},
      {"a gem5 packet trace (protobuf)", by_head, [](std::string_view head) { return starts_with(head, "gem5"); },
       nullptr,
       "which is not supported and has physical addresses; convert one with virtual addresses to text "
       "(R|W|X 0xADDRESS SIZE)"},
      {"a zip archive (DynamoRIO drmemtrace?)", by_head,
       [](std::string_view head) { return starts_with(head, "PK\x03\x04"); }, nullptr,
       "which is not supported; convert it to text (R|W|X 0xADDRESS SIZE)"},
      {"champsim", by_head, is_champsim, open<ChampsimReader>, "", {".champsim", ".champsimtrace"}},
      {"ChampSim's 96-byte multi-core records", by_head, is_multi_core_champsim, nullptr,
       "which are not supported; expected the 64-byte input_instr"},
      {"text", by_line, looks_like_text, open<TextReader>, "", {".txt", ".trace"}},
      {"a Ramulator LD|ST trace", by_line, is_ramulator, nullptr,
       "whose addresses are physical: expected virtual addresses, which are what is translated"},
      {"a QEMU execlog", by_line, is_execlog, nullptr,
       "which is not supported: in system mode its addresses are physical; convert a user-mode log to text "
       "(R|W|X 0xADDRESS SIZE)"},
      {"Pin pinatrace", by_line, is_pinatrace, nullptr,
       "which is not supported; convert it to text (R|W 0xADDRESS SIZE)"},
      {"Dinero .din", by_line, is_dinero, nullptr, "which is not supported; convert it to text (R|W|X 0xADDRESS SIZE)"},
  };
  return formats;
}

std::vector<std::string> trace_format_names() {
  std::vector<std::string> names;
  for (const TraceFormat& format : trace_formats()) {
    if (format.open != nullptr) names.emplace_back(format.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> trace_file_endings() {
  std::vector<std::string> endings;
  for (const TraceFormat& format : trace_formats()) {
    endings.insert(endings.end(), format.endings.begin(), format.endings.end());
  }
  return endings;
}

std::string list_of_trace_formats() {
  return words_with_or(trace_format_names());
}

const TraceFormat* find_trace_format(std::string_view name) {
  const auto& formats = trace_formats();
  const auto found = std::find_if(formats.begin(), formats.end(), [&](const TraceFormat& format) {
    return format.open != nullptr && format.name == name;
  });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace tablewalk
