#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tablewalk {

/// The whole of a text file, or of a pipe. Throws InputError that names the path and the system's reason, and if it has
/// more than `most_bytes`.
std::string read_text_file(const std::string& path, std::size_t most_bytes = std::size_t{64} << 20);

/// Writes a file so that a reader sees either the old content or all of the new: a temporary file beside it, then a
/// rename. What is no regular file (/dev/stdout) is written in place. Throws InputError that names the path and the
/// system's reason.
void write_text_file(const std::string& path, std::string_view text);

/// Where temporary files belong: the folder that TMPDIR names, else /tmp.
std::string temporary_folder();

/// Whether what is there can be read only once: `-` (standard input), a named pipe, a pipe of the shell (`<(command)`).
bool readable_once(const std::string& path);

/// Creates the folder and those above it; nothing happens when it exists. Throws InputError.
void create_folder(const std::string& path);

/// The file that `path` leads to: itself, or what it points to if it is a symbolic link, whether that exists or not. So
/// a file that is written beside its place and renamed leaves the link where it is.
std::string through_links(const std::string& path);

/// Throws InputError if the output would replace the input: both name one existing file. `what` names the output's
/// option in the message; `-` is no file.
void refuse_to_replace(const std::string& input, const std::string& output, const std::string& what);

}  // namespace tablewalk
