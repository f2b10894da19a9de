#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "base/file.h"
#include "report/print_run.h"

namespace tablewalk::test {

/// Compares with tb/golden/report/NAME; TABLEWALK_WRITE_GOLDEN=1 writes the file instead, for review.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(TABLEWALK_SOURCE_DIR) + "/tb/golden/report/" + name;
  if (std::getenv("TABLEWALK_WRITE_GOLDEN") != nullptr) write_text_file(path, text);
  EXPECT_EQ(text, read_text_file(path)) << path;
}

inline std::string run_text(const RunResult& result, const PrintOptions& options = {}) {
  std::ostringstream out;
  print_run(result, options, out);
  return out.str();
}

}  // namespace tablewalk::test
