#pragma once

#include <cstdint>
#include <map>

#include "os/readahead_config.h"

namespace tablewalk {

/// Which pages of files are read ahead: a file that is read in order has a window of pages, which doubles up to a
/// largest one, as in Linux. The next window is requested when the first page of the last one is used.
class FileReadahead {
 public:
  struct Window {
    std::uint64_t first = 0;  ///< page
    std::uint64_t pages = 0;
  };

  explicit FileReadahead(const ReadaheadConfig& config) : config_(config) {}

  /// The page is read from the device because an access needs it. What to read beside it; nothing if the file is not
  /// read in order.
  Window missed(std::uint32_t file, std::uint64_t page);
  /// A page that was read ahead is used for the first time. What to read now.
  Window used(std::uint32_t file, std::uint64_t page);

 private:
  struct Stream {
    std::uint64_t expected = 0;  ///< the page after the last one that was needed or used
    std::uint64_t end = 0;       ///< the page after the last window
    std::uint64_t marker = 0;    ///< the use of this page requests the next window
    std::uint32_t window = 0;    ///< pages of the last one; 0: none
  };
  ReadaheadConfig config_;
  std::map<std::uint32_t, Stream> streams_;  ///< by file
};

}  // namespace tablewalk
