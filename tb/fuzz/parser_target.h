#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tablewalk::test {

/// A reader, or a few that take the same bytes, as a target of fuzzing (tb/fuzz/README.md). It holds them to their
/// contract: any bytes are either read, or refused by an InputError; and what was read and written reads the same
/// again.
struct ParserTarget {
  const char* name;        ///< also of its folder in corpus/
  std::size_t most_bytes;  ///< longer inputs say nothing new
  /// Whether the bytes were read, by at least one of the readers. Breaking the contract ends the process.
  bool (*run)(std::string_view bytes);
};

const std::vector<ParserTarget>& parser_targets();
/// nullptr if there is none of that name.
const ParserTarget* find_parser_target(std::string_view name);
/// For messages.
std::string parser_target_names();

bool run_traces(std::string_view bytes);
bool run_twt(std::string_view bytes);
bool run_twt_block(std::string_view bytes);
bool run_config(std::string_view bytes);
bool run_options(std::string_view bytes);
bool run_image(std::string_view bytes);
bool run_oracle(std::string_view bytes);
bool run_maps(std::string_view bytes);

/// Says what breaks the contract, and aborts.
[[noreturn]] void finding(const std::string& what);
/// A refusal has to say something, and not a book.
void check_refusal(const std::string& message);

/// Whether `parse` comes to its end; if not, it has thrown an InputError. Other exceptions end the process.
template <class Parse>
bool accepts(Parse parse) {
  try {
    parse();
    return true;
  } catch (const InputError& error) {
    check_refusal(error.what());
    return false;
  }
}

/// Bytes that have a path, as long as it lives.
class BytesAsFile {
 public:
  enum class Kind {
    File,  ///< can be sought in
    Pipe,  ///< cannot, and can be read once
  };
  explicit BytesAsFile(std::string_view bytes, Kind kind = Kind::File);
  ~BytesAsFile();
  BytesAsFile(const BytesAsFile&) = delete;
  BytesAsFile& operator=(const BytesAsFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  int descriptor_ = -1;
  std::string path_;
};

}  // namespace tablewalk::test
