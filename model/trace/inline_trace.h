#pragma once

#include <memory>
#include <string>

#include "base/byte_source.h"
#include "trace/generate.h"

namespace tablewalk {

/// Traces that are given on the command line in place of a file's name:
///   text:R 0x1000; W 0x2000 4   the lines of a text trace, separated by semicolons
///   generated:zipf,count=10K    what `trace generate` makes, with its options as keys
bool is_text_argument(const std::string& path);
bool is_generated_argument(const std::string& path);

/// The lines of a text argument. Throws InputError if the system refuses.
std::unique_ptr<ByteSource> lines_of_argument(const std::string& path);

/// The configuration of a generated argument. Throws InputError that begins with the argument.
GeneratorConfig generator_of_argument(const std::string& path);

}  // namespace tablewalk
