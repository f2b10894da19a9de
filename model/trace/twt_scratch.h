#pragma once

#include <cstddef>
#include <memory>
#include <vector>

struct ZSTD_DCtx_s;

namespace tablewalk {

/// Where a block of the native format is decompressed. Several readers may share one (trace/twt_reader.h).
struct TwtScratch {
  TwtScratch();

  std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> decompressor;
  std::vector<char> plain;
};

}  // namespace tablewalk
