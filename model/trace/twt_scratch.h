#pragma once

#include <cstddef>
#include <memory>
#include <vector>

struct ZSTD_DCtx_s;

namespace tablewalk {

/// The buffer for a decompressed block. Several readers may share one (trace/twt_reader.h).
struct TwtScratch {
  TwtScratch();

  std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> decompressor;
  std::vector<char> plain;
};

}  // namespace tablewalk
