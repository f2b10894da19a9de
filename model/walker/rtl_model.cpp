#include "walker/rtl_model.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/error.h"
#include "paging/radix_mode.h"
#include "walker/foreign_description.h"

namespace tablewalk {
namespace {

/// The fixed modes of tablewalk_pkg.sv, by mode_e. 0 is the generic radix mode.
constexpr std::array mode_codes = {
    std::pair{"x86-32", 1}, std::pair{"x86-pae", 2}, std::pair{"x86-64", 3}, std::pair{"x86-64-la57", 4},
    std::pair{"sv32", 5},   std::pair{"sv39", 6},    std::pair{"sv48", 7},   std::pair{"sv57", 8},
};

/// Fault reasons by fault_e.
constexpr std::array fault_codes = {
    FaultReason::None,         FaultReason::Reserved,      FaultReason::PointerAtLeaf, FaultReason::Misaligned,
    FaultReason::Permission,   FaultReason::NotAccessed,   FaultReason::NotDirty,      FaultReason::None,
    FaultReason::OutOfMemory,  FaultReason::None,          FaultReason::None,          FaultReason::NotPresent,
    FaultReason::NonCanonical, FaultReason::ProtectionKey, FaultReason::PageFault,
};

/// Texts by the codes of violation_o.
constexpr std::array violations = {
    "is correct",
    "responded without an outstanding request, or to a flushed one",
    "responded for another page or address space than requested",
    "violated the protocol of its memory port",
};

/// `9,9,9,9/12@8`; empty if not a generic radix mode.
std::string split_of(const PagingMode& mode) {
  if (dynamic_cast<const RadixMode*>(&mode) == nullptr) return {};
  std::string split;
  for (unsigned level = mode.levels(); level-- > 0;) {
    split += (split.empty() ? "" : ",") + std::to_string(mode.level(level).index_bits);
  }
  return fmt::format("{}/{}@{}", split, mode.offset_bits(), mode.entry_bytes());
}

unsigned ways_in(unsigned entries, unsigned ways) {
  return ways == 0 ? entries : ways;
}

/// The caches that a walk in this mode can use; nothing if no RTL can have them.
std::optional<std::array<RtlVariant::Cache, 8>> caches_of(const WalkerConfig& config, const PagingMode& mode) {
  std::array<RtlVariant::Cache, 8> caches;
  for (const WalkCacheConfig& cache : config.walk_caches) {
    if (cache.level > mode.root_level()) continue;
    if (cache.replacement != Replacement::Lru || caches[cache.level].entries != 0) return std::nullopt;
    caches[cache.level] = {cache.entries, ways_in(cache.entries, cache.ways)};
  }
  return caches;
}

bool fits(const RtlVariant& variant, const WalkerConfig& config, const PagingMode& mode) {
  const auto caches = caches_of(config, mode);
  if (!caches || variant.slots != config.walkers) return false;
  for (unsigned level = 1; level <= mode.root_level(); ++level) {
    const RtlVariant::Cache& built = variant.caches[level];
    const bool same =
        (*caches)[level].entries == built.entries && (*caches)[level].ways == ways_in(built.entries, built.ways);
    if (!same) return false;
  }
  const std::string split = split_of(mode);
  return split.empty() || split == variant.radix;
}

/// The variant, after checking that it has an id for every request.
const RtlVariant& with_ids(const RtlVariant& variant, const WalkerConfig& config) {
  const std::uint32_t ids = 1u << variant.id_bits;
  if (config.requests <= ids) return variant;
  throw InputError(fmt::format("walker.requests: {}: the RTL walker has {} request ids; expected at most {}",
                               config.requests, ids, ids));
}

std::string wanted(const WalkerConfig& config, const PagingMode& mode) {
  std::string text = fmt::format("slots={}", config.walkers);
  std::string caches;
  for (const WalkCacheConfig& cache : config.walk_caches) {
    if (cache.level > mode.root_level()) continue;
    caches += fmt::format("{}{}x{}x{}", caches.empty() ? " caches=" : ",", cache.level, cache.entries, cache.ways);
  }
  text += caches;
  const std::string split = split_of(mode);
  return split.empty() ? text : text + " radix=" + split;
}

}  // namespace

std::uint8_t rtl_mode(const PagingMode& mode) {
  if (mode.offset_bits() < rtl_page_shift) {
    throw InputError(fmt::format("the RTL walker does not support pages smaller than 4 KiB, as in {}", mode.name()));
  }
  if (!split_of(mode).empty()) return 0;
  for (const auto& [name, code] : mode_codes) {
    if (mode.name() == name) return static_cast<std::uint8_t>(code);
  }
  throw InputError(
      fmt::format("the RTL walker does not support paging mode {}; expected a radix, x86 or RISC-V mode, or "
                  "walker.kind: systemc",
                  mode.name()));
}

std::uint64_t rtl_controls(const PagingControls& controls) {
  const X86Controls& x86 = controls.x86;
  const RiscvControls& riscv = controls.riscv;
  std::uint64_t bits = 0;
  for (const bool flag : {x86.wp, x86.smep, x86.smap, x86.ac, x86.nxe, x86.pge, x86.pse, x86.pke, x86.page1gb}) {
    bits = bits << 1 | (flag ? 1 : 0);
  }
  bits = bits << 32 | x86.pkru;
  bits = bits << 6 | x86.maxphyaddr;
  for (const bool flag : {riscv.sum, riscv.mxr, riscv.svadu, riscv.svnapot, riscv.svpbmt}) {
    bits = bits << 1 | (flag ? 1 : 0);
  }
  return bits << 6 | riscv.physical_bits;
}

FaultReason fault_of_rtl(std::uint8_t code) {
  const FaultReason reason = code < fault_codes.size() ? fault_codes[code] : FaultReason::None;
  if (code != 0 && reason == FaultReason::None) {
    throw LawViolation(fmt::format("the RTL walker ended a walk with fault code {}", code));
  }
  return reason;
}

Rights rights_of_rtl(std::uint16_t bits) {
  return {(bits & 1) != 0, (bits & 2) != 0,  (bits & 4) != 0,
          (bits & 8) != 0, (bits & 16) != 0, static_cast<std::uint8_t>(bits >> 5 & 15)};
}

const char* violation_of_rtl(std::uint8_t code) {
  return code < violations.size() ? violations[code] : "violated another rule checked by its adapter (violation_o)";
}

const RtlVariant& find_rtl_variant(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode) {
  if (config.kind == WalkerKind::Foreign) return with_ids(find_foreign_walker(config, controls, mode).variant, config);
  rtl_mode(mode);
  if (config.walk_cache_kind != WalkCacheKind::SplitTranslation && !config.walk_caches.empty()) {
    throw InputError(
        "walker.walk_cache_kind: the RTL walker has a translation cache per level; expected "
        "split_translation");
  }
  for (const RtlVariant& variant : rtl_variants()) {
    if (fits(variant, config, mode)) return with_ids(variant, config);
  }
  for (const WalkCacheConfig& cache : config.walk_caches) {
    if (cache.replacement != Replacement::Lru) {
      throw InputError(
          "walker.walk_caches: those of the RTL walker use LRU; expected "
          "replacement: lru");
    }
  }
  std::string built;
  for (const RtlVariant& variant : rtl_variants()) built += (built.empty() ? "'" : ", '") + variant.text + "'";
  throw InputError(
      fmt::format("no RTL walker is built with '{}'; there are: {}; ./quickstart test builds walkers of 1, 2, 4 and 8 "
                  "slots, and the CMake setting TABLEWALK_RTL_WALKERS any other (docs/user-guide.md)",
                  wanted(config, mode), built));
}

}  // namespace tablewalk
