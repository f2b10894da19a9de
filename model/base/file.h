#pragma once

#include <string>
#include <string_view>

namespace tablewalk {

/// The whole of a text file. Throws InputError that names the path and the system's reason.
std::string read_text_file(const std::string& path);

/// Writes a file so that a reader sees either the old content or all of the new: a temporary file beside it, then a
/// rename. What is no regular file (/dev/stdout) is written in place. Throws InputError that names the path and the
/// system's reason.
void write_text_file(const std::string& path, std::string_view text);

/// Creates the folder and those above it; nothing happens when it exists. Throws InputError.
void create_folder(const std::string& path);

}  // namespace tablewalk
