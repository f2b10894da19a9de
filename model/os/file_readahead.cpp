#include "os/file_readahead.h"

#include <algorithm>

namespace tablewalk {

FileReadahead::Window FileReadahead::missed(std::uint32_t file, std::uint64_t page) {
  if (config_.file_pages == 0) return {};
  Stream& stream = streams_[file];
  if (stream.window != 0 && page == stream.end) {
    stream.window = std::min(2 * stream.window, config_.file_pages);
  } else if (page == stream.expected) {  // also the first page of the file
    stream.window = std::min(config_.first_pages, config_.file_pages);
  } else {
    stream.window = 0;
  }
  stream.expected = page + 1;
  if (stream.window == 0) return {};
  stream.marker = page + 1;
  stream.end = page + stream.window;
  return {page + 1, stream.window - std::uint64_t{1}};
}

FileReadahead::Window FileReadahead::used(std::uint32_t file, std::uint64_t page) {
  Stream& stream = streams_[file];
  stream.expected = page + 1;
  if (stream.window == 0 || page != stream.marker) return {};
  stream.window = std::min(2 * stream.window, config_.file_pages);
  const Window next{stream.end, stream.window};
  stream.marker = stream.end;
  stream.end += stream.window;
  return next;
}

}  // namespace tablewalk
