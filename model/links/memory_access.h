#pragma once

#include <tlm>

#include <cstring>
#include <memory>
#include <vector>

#include "links/clock.h"
#include "memory/physical_memory.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// What the generic payload lacks: the operation, the requester, and where the access was served.
struct AccessInfo : tlm::tlm_extension<AccessInfo> {
  enum class Operation : std::uint8_t { Plain, CompareAndSwap };

  std::uint64_t expected = 0;  ///< compare-and-swap: `desired` is written if memory holds this value
  std::uint64_t desired = 0;
  std::uint64_t held = 0;   ///< the value in memory before a compare-and-swap
  TranslationId entry_for;  ///< made by a page walker for this translation; none: not made by one
  bool table_line = false;  ///< a write-back of a line with page-table entries
  Operation operation = Operation::Plain;
  bool swapped = false;   ///< a compare-and-swap was carried out, whether it wrote or not
  bool by_cache = false;  ///< made by a cache: a line fill or a write-back
  bool owned = false;     ///< of a fetch: wants write permission; of its response: no other core has the line
  bool snooped = false;   ///< of a line in flight between two caches: it was snooped away meanwhile
  ServedBy served_by = ServedBy::L1;
  std::uint8_t port = 0;               ///< target port that received it
  std::uint8_t directory_port = 0;     ///< directory port that it passed
  std::uint32_t tag = 0;               ///< for the initiator's own use
  Cycles missed;                       ///< first lookup in the target, if it missed
  class MemoryAccess* next = nullptr;  ///< next one waiting with it in the target, or in the pool

  bool table_entry() const { return entry_for.is_valid(); }

  tlm_extension_base* clone() const override { return new AccessInfo(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const AccessInfo&>(other); }
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "entries are copied in host byte order");

/// A generic payload with its AccessInfo, from a pool, so that accesses do not allocate. Holds entry data itself.
class MemoryAccess : public tlm::tlm_generic_payload {
 public:
  explicit MemoryAccess(tlm::tlm_mm_interface& pool) : tlm::tlm_generic_payload(&pool) {
    set_extension(&info);
    set_data_ptr(data_.data());
    set_streaming_width(static_cast<unsigned>(data_.size()));
    set_byte_enable_ptr(nullptr);
    set_dmi_allowed(false);
  }
  ~MemoryAccess() override { clear_extension(&info); }

  /// Reinitialises it as a new request.
  void prepare(PhysicalAddress address, unsigned bytes, bool write) {
    set_address(address.value());
    set_data_length(bytes);
    set_streaming_width(bytes);
    set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    info.entry_for = TranslationId();
    info.table_line = false;
    info.operation = AccessInfo::Operation::Plain;
    info.swapped = false;
    info.by_cache = info.owned = info.snooped = false;
    info.next = nullptr;
  }
  PhysicalAddress physical() const { return PhysicalAddress(get_address()); }
  /// Made by a page walker itself, not by a cache that fetches a line on its behalf.
  bool wants_entry() const { return info.table_entry() && !info.by_cache; }
  /// The bytes read, in the payload, so that any memory can provide them.
  const unsigned char* bytes() const { return data_.data(); }
  /// The same, of an entry.
  std::uint64_t entry() const {
    std::uint64_t value = 0;
    std::memcpy(&value, data_.data(), sizeof(value));
    return value & low_bits(8 * get_data_length());
  }
  /// Performs a page walker's operation on the bytes: reads the entry, or several at once, or compares and swaps one.
  /// `info.held` is the previous value in memory, if it is one entry.
  void transfer_entry(PhysicalMemory& memory) {
    const unsigned bytes = get_data_length();
    if (bytes > sizeof(info.held)) return memory.read_bytes(physical(), bytes, data_.data());
    info.swapped = info.operation == AccessInfo::Operation::CompareAndSwap;
    info.held = info.swapped ? memory.compare_and_swap(physical(), bytes, info.expected, info.desired)
                             : memory.read(physical(), bytes);
    std::memcpy(data_.data(), &info.held, sizeof(info.held));
  }

  AccessInfo info;

 private:
  static constexpr std::size_t longest_line = 256;
  std::array<unsigned char, longest_line> data_{};
};

/// Payloads that return to the pool when the last holder releases them.
class AccessPool final : public tlm::tlm_mm_interface {
 public:
  MemoryAccess& take() {
    if (free_ == nullptr) add();
    MemoryAccess& access = *free_;
    free_ = access.info.next;
    access.acquire();
    return access;
  }
  void free(tlm::tlm_generic_payload* payload) override {
    auto* access = static_cast<MemoryAccess*>(payload);
    access->info.next = free_;
    free_ = access;
  }

 private:
  [[gnu::noinline]] void add() {
    all_.push_back(std::make_unique<MemoryAccess>(*this));
    free_ = all_.back().get();
  }

  std::vector<std::unique_ptr<MemoryAccess>> all_;
  MemoryAccess* free_ = nullptr;  ///< head of the free list
};

}  // namespace tablewalk
