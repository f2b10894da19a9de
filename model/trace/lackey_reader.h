#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/line_source.h"
#include "trace/stream_reader.h"

namespace tablewalk {

/// Valgrind Lackey's `--trace-mem=yes`: `I  addr,size` and ` L|S|M addr,size`, hexadecimal addresses without 0x.
/// Valgrind's own lines (`==pid==`, `--pid--`, `**pid**`) are passed over; anything else is an error.
class LackeyReader : public StreamReader {
 public:
  explicit LackeyReader(std::unique_ptr<ByteSource> bytes)
      : StreamReader(std::move(bytes), "lackey"), lines_(*bytes_) {}

 protected:
  std::size_t read_records(Record* records, std::size_t capacity) override;

 private:
  void parse(std::string_view line, Record& record) const;

  LineSource lines_;
  bool seen_access_ = false;
};

/// Whether a line is one that Valgrind itself prints between the accesses.
bool is_valgrind_noise(std::string_view line);

/// Whether a line is one of Lackey's accesses, by its first characters.
bool looks_like_lackey(std::string_view line);

}  // namespace tablewalk
