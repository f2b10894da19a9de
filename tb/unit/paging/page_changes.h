#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "paging/table_builder.h"

namespace tablewalk::test {

/// A mapped page; in Pages by its first address.
struct Page {
  std::uint64_t frame = 0;
  std::uint64_t bytes = 0;
  bool writable = true;
};
using Pages = std::map<std::uint64_t, Page>;

/// A change of an address space, to tables and to a plain map beside them.
struct Step {
  enum class Kind { Map, Unmap, Protect, Split } kind;
  std::uint64_t va = 0;
  std::uint64_t bytes = 0;
  std::uint64_t frame = 0;  ///< Map: its pages are writable
  bool writable = false;    ///< Protect
};

inline const Pages::value_type* page_at(const Pages& pages, std::uint64_t va) {
  const auto next = pages.upper_bound(va);
  if (next == pages.begin()) return nullptr;
  const auto& found = *std::prev(next);
  return va - found.first < found.second.bytes ? &found : nullptr;
}

/// Maps, unmaps or protects in the map; false, without effect, if the step is illegal.
inline bool apply_to(Pages& pages, const Step& step) {
  const std::uint64_t end = step.va + step.bytes;
  const auto touches = [&](const Pages::value_type& page) {
    return page.first < end && step.va < page.first + page.second.bytes;
  };
  for (const auto& page : pages) {
    const bool within = step.va <= page.first && page.first + page.second.bytes <= end;
    if (touches(page) && (step.kind == Step::Kind::Map || !within)) return false;
  }
  if (step.kind == Step::Kind::Map) pages[step.va] = {step.frame, step.bytes, true};
  for (auto page = pages.begin(); page != pages.end();) {
    const bool hit = step.kind != Step::Kind::Map && touches(*page);
    if (hit && step.kind == Step::Kind::Protect) page->second.writable = step.writable;
    page = hit && step.kind == Step::Kind::Unmap ? pages.erase(page) : std::next(page);
  }
  return true;
}

/// The same in the tables; false if they refuse it.
inline bool apply_to(TableBuilder& tables, const Step& step) {
  const VirtualAddress va(step.va);
  LeafSpec spec;
  spec.rights.write = step.kind == Step::Kind::Map || step.writable;
  try {
    if (step.kind == Step::Kind::Map) tables.map(va, PhysicalAddress(step.frame), step.bytes, spec);
    if (step.kind == Step::Kind::Unmap) tables.unmap(va, step.bytes);
    if (step.kind == Step::Kind::Protect) tables.protect(va, step.bytes, spec);
  } catch (const InputError&) {
    return false;
  }
  return true;
}

/// Plays every sequence of `length` of the steps, after each of its beginnings. Returns the number of sequences; stops
/// at the first fatal failure.
template <class Play>
std::uint64_t try_all(const std::vector<Step>& steps, unsigned length, std::vector<const Step*>& sequence,
                      Play&& play) {
  if (length == 0) return 1;
  std::uint64_t tried = 0;
  for (const Step& step : steps) {
    sequence.push_back(&step);
    play();
    if (testing::Test::HasFatalFailure()) return tried;
    tried += try_all(steps, length - 1, sequence, play);
    sequence.pop_back();
  }
  return tried;
}

inline std::string describe(const std::vector<const Step*>& sequence) {
  std::string text;
  for (const Step* step : sequence) {
    const char* names[] = {"map", "unmap", "protect", "split"};
    text += std::string(names[static_cast<unsigned>(step->kind)]) + " " + std::to_string(step->va) + "+" +
            std::to_string(step->bytes) + ", ";
  }
  return text;
}

}  // namespace tablewalk::test
