#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace tablewalk {

/// Checksums of trace files. A file whose size and time of change are as before is not read again.
class TraceChecksums {
 public:
  /// `json`: what to_json() gave; null: none are known.
  explicit TraceChecksums(const nlohmann::ordered_json& json = nullptr);

  /// 16 hexadecimal digits. Throws InputError if the file cannot be read.
  std::string of(const std::string& path);
  /// Of the files asked for.
  nlohmann::ordered_json to_json() const;

 private:
  struct File {
    std::uint64_t size = 0;
    std::int64_t time = 0;  ///< of the last change, nanoseconds
    std::string checksum;
  };
  std::map<std::string, File> known_;
  std::map<std::string, File> used_;
};

}  // namespace tablewalk
