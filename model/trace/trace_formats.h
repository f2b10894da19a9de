#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// A format that traces come in.
struct TraceFormat {
  /// What it is recognised by.
  enum class Look {
    Head,  ///< the first bytes of the file
    Line,  ///< any of its lines that is no comment
  };

  std::string_view name;  ///< as `--trace-format` takes it; of one that is not read, as people call it
  Look look = Look::Head;
  bool (*recognises)(std::string_view head_or_line) = nullptr;
  /// nullptr if it is not read. `shared`: as open_trace() has it.
  std::unique_ptr<TraceReader> (*open)(std::unique_ptr<ByteSource> bytes,
                                       const std::shared_ptr<TwtScratch>& shared) = nullptr;
  /// Of one that is not read: why not, and what to do instead.
  const char* refusal = "";
};

/// How many bytes of the head `recognises` is given, if there are so many.
constexpr std::size_t trace_head_bytes = 1 << 14;

/// Every format that is read, and those that are told apart only to say what to do with them; the first that recognises
/// something has it.
const std::vector<TraceFormat>& trace_formats();

/// The names of those that are read.
std::vector<std::string> trace_format_names();
/// "champsim, lackey, text or twt".
std::string list_of_trace_formats();
/// The format of that name which is read; nullptr if there is none.
const TraceFormat* find_trace_format(std::string_view name);

}  // namespace tablewalk
