#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace/trace_reader.h"

namespace tablewalk {

constexpr std::uint64_t default_stride = 4096;  ///< of Stride; of PointerChase it is the element's size

/// What a synthetic trace does. Every kind makes data accesses only, is decided by its seed, and repeats its pattern
/// until `count` records are made.
enum class Pattern {
  Sequential,  ///< element after element over the footprint, then again
  Stride,      ///< every `stride` bytes over the footprint, then again
  Uniform,     ///< elements drawn uniformly
  Zipf,  ///< elements drawn with probability proportional to 1 / rank^exponent, ranks scattered over the footprint
  PointerChase,    ///< one cycle through all elements in a scattered order: each load's address is the last one's data
  Gups,            ///< read and write back a uniformly drawn word
  MatrixMultiply,  ///< blocked C += A * B of square matrices of doubles
  BTree,           ///< lookups of uniformly drawn keys in a B-tree of 4 KiB nodes
};

struct GeneratorConfig {
  Pattern pattern = Pattern::Uniform;
  std::uint64_t count = 1000000;          ///< records
  std::uint64_t base = 0x10000000;        ///< lowest address
  std::uint64_t footprint = 64ull << 20;  ///< bytes that the pattern spreads over
  std::uint32_t element = 8;              ///< bytes of one access
  /// Bytes from one access to the next, Stride only; from one element to its neighbour in memory, PointerChase only,
  /// which is at
  /// least the element's size.
  std::optional<std::uint64_t> stride;
  double store_share = 0.0;     ///< of the accesses that are stores; Sequential, Stride, Uniform and Zipf only
  double zipf_exponent = 0.99;  ///< above 0
  std::uint64_t matrix = 512;   ///< rows and columns; MatrixMultiply only
  std::uint64_t block = 32;     ///< rows and columns of a block; MatrixMultiply only
  std::uint64_t seed = 1;
};

/// The names of the patterns as the command line takes them, in the order of Pattern.
const std::vector<std::string>& pattern_names();
/// Throws InputError for an unknown name, with the nearest right one.
Pattern parse_pattern(const std::string& name);

/// The trace as a stream, without any file; memory does not grow with it. Throws InputError when the configuration is
/// impossible (no element fits, addresses beyond 64 bits).
std::unique_ptr<TraceReader> make_generator(const GeneratorConfig& config);

}  // namespace tablewalk
