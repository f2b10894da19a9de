#pragma once

#include <string>
#include <string_view>

namespace tablewalk {

/// Writes a file that a crash, `kill -9` or a full disk leaves either absent (or as before) or whole and on the disk: a
/// temporary file beside it, fsync, rename. Throws InputError with the path and the system's error.
void write_durable_file(const std::string& path, std::string_view text);

/// Removes what interrupted writes left in a folder. Call it only if nobody else writes there.
void remove_temporary_files(const std::string& folder);

/// This machine's name.
std::string host_name();

}  // namespace tablewalk
