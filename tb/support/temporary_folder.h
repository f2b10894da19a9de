#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "trace/trace_writer.h"

namespace tablewalk::test {

/// A folder for a test's files, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tablewalk_test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error(name, std::error_code());
    folder_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(folder_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// Writes a file; returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  /// Writes a trace in the format given by its extension; returns its path.
  std::string write_trace(const std::string& name, const std::vector<Record>& records,
                          const Layout& layout = {}) const {
    TraceWriterOptions options;
    options.layout = !layout.empty();
    options.dependences = std::any_of(records.begin(), records.end(), [](const Record& r) { return r.distance != 0; });
    const auto writer = make_trace_writer(path(name), options);
    write_with_layout(*writer, layout, 0, records.data(), records.size());
    writer->finish();
    return path(name);
  }
  std::string content(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

 private:
  std::string folder_;
};

}  // namespace tablewalk::test
