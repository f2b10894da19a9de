#pragma once

namespace tablewalk {

/// The program's version, as in `result.json`: "0.1.0".
const char* program_version();

}  // namespace tablewalk
