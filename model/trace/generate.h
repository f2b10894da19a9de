#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace/trace_reader.h"

namespace tablewalk {

constexpr std::uint64_t default_stride = 4096;  ///< of Stride; PointerChase uses the element size

/// The access pattern of a synthetic trace. All kinds make data accesses only, are determined by the seed, and repeat
/// the pattern until `count` records are made.
enum class Pattern {
  Sequential,  ///< element after element over the footprint, repeated
  Stride,      ///< every `stride` bytes over the footprint, repeated
  Uniform,     ///< elements drawn uniformly
  Zipf,  ///< elements drawn with probability proportional to 1 / rank^exponent, ranks scattered over the footprint
  PointerChase,    ///< one cycle through all elements in scattered order: each address is the data of the previous load
  Gups,            ///< read and write back a random word
  MatrixMultiply,  ///< blocked C += A * B of square matrices of doubles
  BTree,           ///< lookups of uniformly drawn keys in a B-tree of 4 KiB nodes
};

struct GeneratorConfig {
  Pattern pattern = Pattern::Uniform;
  std::uint64_t count = 1000000;          ///< records
  std::uint64_t base = 0x10000000;        ///< lowest address
  std::uint64_t footprint = 64ull << 20;  ///< bytes covered by the pattern
  std::uint32_t element = 8;              ///< bytes of one access
  /// Stride: bytes from one access to the next. PointerChase: bytes between neighbouring elements, at least the element
  /// size.
  std::optional<std::uint64_t> stride;
  double store_share = 0.0;     ///< share of stores; Sequential, Stride, Uniform and Zipf only
  double zipf_exponent = 0.99;  ///< above 0
  std::uint64_t matrix = 512;   ///< rows and columns; MatrixMultiply only
  std::uint64_t block = 32;     ///< rows and columns of a block; MatrixMultiply only
  std::uint64_t seed = 1;
  std::string name;  ///< of the trace, in messages and reports; empty: made from the pattern
};

/// The names of the patterns on the command line, in the order of Pattern.
const std::vector<std::string>& pattern_names();
/// Throws InputError for an unknown name, with the nearest valid one.
Pattern parse_pattern(const std::string& name);

/// The trace as a stream, without a file, in constant memory. Throws InputError for an invalid configuration (no
/// element fits, addresses beyond 64 bits).
std::unique_ptr<TraceReader> make_generator(const GeneratorConfig& config);

}  // namespace tablewalk
