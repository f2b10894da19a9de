#pragma once

#include <map>
#include <optional>

#include "os/layout.h"
#include "os/regions.h"

namespace tablewalk {

/// What happens on an access that the kernel refuses.
enum class FaultPolicy : std::uint8_t {
  Stop,   ///< the run ends with a report
  Count,  ///< the access is skipped and counted
};

/// Why the kernel sends SIGSEGV: the signal's code.
enum class SegvCode : std::uint8_t {
  MapErr = 1,  ///< SEGV_MAPERR: no region has the address
  AccErr = 2,  ///< SEGV_ACCERR: its region does not allow the access
};
/// `SEGV_MAPERR`, `SEGV_ACCERR`.
const char* to_string(SegvCode code);

/// An access that the program has no right to.
struct Violation {
  SegvCode code = SegvCode::MapErr;
  const Region* region = nullptr;  ///< of the address, if it has one; valid until the regions change
};

/// Whether the regions allow the access; nothing if they do. As Linux does on a page fault: a store needs the right to
/// write, a fetch that to execute, a load that to read (x86 lets a writable or executable page be read; Linux does not
/// rely on it). An access at supervisor privilege is the kernel's: it may use what is not in the program's regions. An
/// access just below a stack is a violation here; see grow_and_check().
std::optional<Violation> check_access(const Regions& regions, VirtualAddress va, Access access);

/// The same, after extending the stack above the address if there is one.
std::optional<Violation> grow_and_check(Regions& regions, VirtualAddress va, Access access);

/// The regions of each address space of a trace, as far as it has been read.
class LayoutFollower {
 public:
  /// `page_bytes`: of the smallest page.
  explicit LayoutFollower(std::uint64_t page_bytes = 4096) : page_bytes_(page_bytes) {}

  /// Applies the changes that come before that record and were not applied yet; false if there are none. `layout`: of
  /// the trace's description, which grows while a pipe is read.
  bool advance(const Layout& layout, std::uint64_t record) {
    if (next_ >= layout.size() || layout[next_].record > record) return false;
    apply(layout, record);
    return true;
  }
  /// nullptr for a space without a region, which is not checked.
  Regions* of(AddressSpaceId asid) {
    const auto found = spaces_.find(asid);
    return found == spaces_.end() ? nullptr : &found->second;
  }
  const std::map<AddressSpaceId, Regions>& spaces() const { return spaces_; }

 private:
  void apply(const Layout& layout, std::uint64_t record);

  std::uint64_t page_bytes_;
  std::size_t next_ = 0;
  std::map<AddressSpaceId, Regions> spaces_;
};

}  // namespace tablewalk
