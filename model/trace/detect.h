#pragma once

#include <string>
#include <vector>

#include "base/byte_source.h"

namespace tablewalk {

/// The names that open_trace() takes for its format, `auto` not among them.
const std::vector<std::string>& trace_formats();

/// The format of what `bytes` holds, judged by content alone; nothing is consumed. Throws InputError when the content
/// is in no known format, or in a known one that is not read (it is named, and what to do instead), or when its
/// addresses are physical.
std::string detect_trace_format(ByteSource& bytes);

}  // namespace tablewalk
