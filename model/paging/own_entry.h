#pragma once

#include "paging/paging_mode.h"

namespace tablewalk::own_entry {

// What the entries of formats that belong to no architecture have in common: the lowest six bits, and what they allow.

constexpr std::uint64_t present = 1u << 0;
constexpr std::uint64_t writable = 1u << 1;
constexpr std::uint64_t executable = 1u << 2;
constexpr std::uint64_t user = 1u << 3;
constexpr std::uint64_t accessed = 1u << 4;
constexpr std::uint64_t dirty = 1u << 5;

/// Of a pointer, as kernels do: it grants everything and the leaf decides; accessed is preset.
constexpr std::uint64_t pointer_flags = present | writable | executable | user | accessed;

/// Of a present leaf.
inline std::uint64_t leaf_flags(const LeafSpec& spec) {
  std::uint64_t flags = present;
  if (spec.rights.write) flags |= writable;
  if (spec.rights.execute) flags |= executable;
  if (spec.rights.user) flags |= user;
  if (spec.accessed) flags |= accessed;
  if (spec.dirty) flags |= dirty;
  return flags;
}

/// Rights and accessed of a present entry.
inline void decode_flags(std::uint64_t entry, EntryView& view) {
  view.rights.write = (entry & writable) != 0;
  view.rights.execute = (entry & executable) != 0;
  view.rights.privileged_execute = view.rights.execute;
  view.rights.user = (entry & user) != 0;
  view.accessed = (entry & accessed) != 0;
}

inline std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) {
  return entry | accessed | (set_dirty ? dirty : 0);
}

/// A right must be granted at every level.
inline Rights combine(Rights above, Rights entry) {
  const bool execute = above.execute && entry.execute;
  return {true, above.write && entry.write, execute, above.user && entry.user, execute};
}

inline FaultReason forbids(Rights effective, Access access) {
  bool allowed = effective.user || !access.user;
  if (access.kind == AccessKind::Store) allowed = allowed && effective.write;
  if (access.kind == AccessKind::Fetch) allowed = allowed && effective.execute;
  return allowed ? FaultReason::None : FaultReason::Permission;
}

}  // namespace tablewalk::own_entry
