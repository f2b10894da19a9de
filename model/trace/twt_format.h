#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/record_checksum.h"

/// The fixed structures of the native trace format, little-endian, as described in docs/trace-format.md.
namespace tablewalk::twt {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the structures are read and written in place");

/// Odd versions are without load dependences, even ones with them. Versions 3 and 4 have a layout in addition.
constexpr std::uint32_t version = 1;
constexpr std::uint32_t version_with_dependences = 2;
constexpr std::uint32_t version_with_layout = 3;  ///< and no dependences
constexpr std::uint32_t last_version = 4;
/// Starts with a non-ASCII byte, so it is not mistaken for text; contains line ends, so that a text-mode copy is
/// detected.
constexpr std::string_view head_magic{"\x89TWT\r\n\x1a\n", 8};
constexpr std::string_view foot_magic{"TWTEND\r\n", 8};
constexpr std::uint32_t block_tag = 0x314b4c42;   // "BLK1"
constexpr std::uint32_t layout_tag = 0x3159414c;  // "LAY1"
constexpr std::uint32_t index_tag = 0x31584449;   // "IDX1"

constexpr std::uint32_t max_records_per_block = 1 << 22;
constexpr std::uint32_t max_provenance_bytes = 1 << 20;
constexpr std::uint32_t max_blocks = 1 << 24;

/// First in the file; followed by the provenance text and its checksum (over header and text).
struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t provenance_bytes;
};
static_assert(sizeof(Header) == 16);

struct BlockHeader {
  std::uint32_t tag;
  std::uint32_t records;
  std::uint32_t operand_bytes;  ///< of the decompressed block, following its `records` code bytes
  std::uint32_t stored_bytes;   ///< of the zstd frame that follows
  std::uint64_t first_record;   ///< number of the block's first record in the trace
  std::uint64_t checksum;       ///< XXH3 of the frame, seeded with the XXH3 of the preceding fields of this header
};
static_assert(sizeof(BlockHeader) == 32);

inline std::uint64_t block_checksum(const BlockHeader& header, std::string_view frame) {
  const std::uint64_t seed = checksum_of_bytes(&header, offsetof(BlockHeader, checksum));
  return checksum_of_bytes(frame.data(), frame.size(), seed);
}

/// Before the block with the first record after these changes; several may follow each other. The decompressed text has
/// a line `RECORD CHANGE` for each change (trace/layout_change.h).
struct LayoutHeader {
  std::uint32_t tag;
  std::uint32_t text_bytes;    ///< decompressed
  std::uint32_t stored_bytes;  ///< of the zstd frame that follows
  std::uint32_t reserved;      ///< 0
  std::uint64_t checksum;      ///< XXH3 of the frame, seeded with the XXH3 of the preceding fields of this header
};
static_assert(sizeof(LayoutHeader) == 24);
constexpr std::uint32_t max_layout_text_bytes = 4 << 20;

inline std::uint64_t layout_checksum(const LayoutHeader& header, std::string_view frame) {
  const std::uint64_t seed = checksum_of_bytes(&header, offsetof(LayoutHeader, checksum));
  return checksum_of_bytes(frame.data(), frame.size(), seed);
}

struct IndexHeader {
  std::uint32_t tag;
  std::uint32_t blocks;
};

struct IndexEntry {
  std::uint64_t offset;  ///< of the block's header in the file
  std::uint64_t first_record;
};

/// Last in the file.
struct Footer {
  std::uint64_t index_offset;
  std::uint64_t records;
  std::uint64_t records_checksum;  ///< XXH3 of all records as 16-byte structures
  std::uint64_t checksum;          ///< XXH3 of the preceding fields of this footer, seeded with the XXH3 of the index
  char magic[8];
};
static_assert(sizeof(Footer) == 40);

/// `index`: the index header and its entries as stored in the file.
inline std::uint64_t footer_checksum(const Footer& footer, std::string_view index) {
  return checksum_of_bytes(&footer, offsetof(Footer, checksum), checksum_of_bytes(index.data(), index.size()));
}

}  // namespace tablewalk::twt
