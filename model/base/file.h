#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tablewalk {

/// The contents of a text file or pipe. Throws InputError with the path and the system's error, or if it has more than
/// `most_bytes`.
std::string read_text_file(const std::string& path, std::size_t most_bytes = std::size_t{64} << 20);

/// Writes a file so that a reader sees either the old or the whole new content: a temporary file beside it, then a
/// rename. A non-regular file (/dev/stdout) is written in place. Throws InputError with the path and the system's
/// error.
void write_text_file(const std::string& path, std::string_view text);

/// The folder for temporary files: TMPDIR, else /tmp.
std::string temporary_folder();

/// Whether the path can be read only once: `-` (standard input), a named pipe, a pipe of the shell (`<(command)`).
bool readable_once(const std::string& path);

/// Creates the folder and its parents, if missing. Throws InputError.
void create_folder(const std::string& path);

/// The target of `path` if it is a symbolic link, whether it exists or not, else the path itself. Writing a temporary
/// file there and renaming it keeps the link.
std::string through_links(const std::string& path);

/// Throws InputError if the output would overwrite the input: both are the same existing file. `what` names the
/// output's option in the message; `-` is not a file.
void refuse_to_replace(const std::string& input, const std::string& output, const std::string& what);

}  // namespace tablewalk
