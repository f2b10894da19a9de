#pragma once

#include <cstddef>
#include <string>

namespace tablewalk {

/// Columns of the terminal: the environment's COLUMNS if it is a whole number up to 10000, else those of the terminal
/// on standard output; 0 if unknown.
std::size_t terminal_columns();

/// Whether the file descriptor is a terminal that understands escape sequences: not TERM=dumb.
bool takes_escapes(int descriptor);

/// Lines of more than `width` columns broken at spaces; what continues a line is indented by `hanging` more. Escape
/// sequences take no columns; a word alone may be wider.
std::string wrapped(const std::string& text, std::size_t width, std::size_t hanging = 4);

}  // namespace tablewalk
