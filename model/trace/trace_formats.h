#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// A trace format.
struct TraceFormat {
  /// How it is detected.
  enum class Look {
    Head,  ///< the first bytes of the file
    Line,  ///< any of its lines that is not a comment
  };

  std::string_view name;  ///< as `--trace-format` takes it; for an unsupported format its usual name
  Look look = Look::Head;
  bool (*recognises)(std::string_view head_or_line) = nullptr;
  /// nullptr if unsupported. `shared`: as in open_trace().
  std::unique_ptr<TraceReader> (*open)(std::unique_ptr<ByteSource> bytes,
                                       const std::shared_ptr<TwtScratch>& shared) = nullptr;
  /// For an unsupported format: the reason, and what to do instead.
  const char* refusal = "";
  std::vector<std::string_view> endings = {};  ///< usual ones of its files, which a shell completes
};

/// Number of bytes of the head passed to `recognises`, if available.
constexpr std::size_t trace_head_bytes = 1 << 14;

/// All supported formats, and those recognised only to give a helpful error; the first match is taken.
const std::vector<TraceFormat>& trace_formats();

/// The names of the supported formats.
std::vector<std::string> trace_format_names();
/// The usual endings of their files.
std::vector<std::string> trace_file_endings();
/// "champsim, lackey, text or twt".
std::string list_of_trace_formats();
/// The supported format of that name; nullptr if there is none.
const TraceFormat* find_trace_format(std::string_view name);

}  // namespace tablewalk
