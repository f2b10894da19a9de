#pragma once

#include <string>

#include "base/byte_source.h"
#include "trace/layout_change.h"

namespace tablewalk {

/// The regions of a process as Linux shows them in /proc/PID/maps or /proc/PID/smaps, as reserved one by one in
/// ascending order. From smaps also the size of huge pages, the advice and which regions grow down; from maps only that
/// the `[stack]` does. All are user regions. Throws InputError `PATH:LINE: problem; expected ...`.
Layout read_proc_maps(ByteSource& bytes);
/// The same of a file; `-` is standard input.
Layout read_proc_maps(const std::string& path);

}  // namespace tablewalk
