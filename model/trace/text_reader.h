#pragma once

#include <memory>
#include <string_view>

#include "base/line_source.h"
#include "trace/stream_reader.h"

namespace tablewalk {

/// Plain text: one `R|W|X|M 0xADDRESS [SIZE] [@ASID] [supervisor] [<-N]` per line, or an event: `invalidate 0xADDRESS
/// [@ASID]`, `invalidate @ASID`, `invalidate all`, `thread N` and so on (event_form.h); `#` starts a comment; SIZE
/// defaults to 8, or 4 for X. A comment `# provenance: ...` before the first access sets the description's provenance.
/// After `# dependences: known` an access may have `<-N`: its address depends on the N-th load before it. After `#
/// layout: known` a comment
/// `# layout: CHANGE` is a change of the layout (layout_change.h) before the next record. A comment `# addresses:
/// physical` makes the reader reject the trace.
class TextReader : public StreamReader {
 public:
  explicit TextReader(std::unique_ptr<ByteSource> bytes);

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  void read_header();
  void read_comment(std::string_view line, std::size_t at, std::size_t records_before);
  void check_not_cut(std::string_view line, bool had_size);
  void parse(std::string_view line, Record& record);
  void parse_access(std::string_view line, Record& record);
  void parse_optional_fields(std::string_view rest, std::string_view line, Record& record);
  void parse_event(std::string_view line, Record& record);
  VirtualAddress take_address(std::string_view& rest, std::string_view line, std::string_view expected) const;
  std::uint16_t take_distance(std::string_view& rest, std::string_view line) const;
  AddressSpaceId take_asid(std::string_view& rest, std::string_view line, std::string_view expected) const;
  AddressSpaceId take_id(std::string_view& rest, std::string_view line, std::string_view expected,
                         const char* what) const;
  [[noreturn]] void fail(std::string_view line, std::string_view expected) const;

  LineSource lines_;
  std::uint64_t records_read_ = 0;  // before the current batch
  bool seen_access_ = false;
  bool last_is_doubtful_ = false;
  bool has_size_ = false;  // Of the last record.
};

/// Whether a line is an access or an event in plain text form, by its first characters. `thread N` does not count: a
/// program may print it.
bool looks_like_text(std::string_view line);

/// Whether a line is `thread N`.
bool names_thread(std::string_view line);

/// Whether a comment line declares physical addresses.
bool says_physical(std::string_view comment);

}  // namespace tablewalk
