// ELF cores of machines (System V gABI, chapters 4 and 5): each PT_LOAD segment maps physical memory (p_paddr, p_memsz)
// to a place in the file (p_offset, p_filesz). Written by kdump (vmcore), QEMU's dump-guest-memory, VirtualBox,
// libvirt.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "memory/image_formats.h"

namespace tablewalk {
namespace {

constexpr std::uint16_t core_type = 4;          // ET_CORE
constexpr std::uint16_t many_headers = 0xFFFF;  // PN_XNUM: the number is in section 0
constexpr std::uint32_t load_segment = 1;       // PT_LOAD
constexpr std::uint32_t note_segment = 4;       // PT_NOTE
constexpr std::uint16_t machine_386 = 3;
constexpr std::uint16_t machine_x86_64 = 62;
constexpr std::uint16_t machine_aarch64 = 183;
constexpr std::uint16_t machine_riscv = 243;

struct Segment {
  std::uint64_t header = 0;  ///< position of its header in the file
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t virtual_address = 0;
  std::uint64_t address = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
};

class ElfReader {
 public:
  ElfReader(ImageFile& file, ImageContent& content) : file_(file), content_(content) {}

  void read() {
    read_header();
    read_segments();
    for (const Segment& segment : notes_) {
      read_elf_notes(file_, segment.offset, segment.file_bytes, machine_ != machine_386, content_);
    }
    check_physical();
    if (!content_.wants_bytes()) return;
    for (const Segment& segment : loads_) load(segment);
  }

 private:
  void read_header() {
    char ident[20];
    file_.read(0, ident, sizeof ident, "the ELF header");
    if (std::memcmp(ident,
                    "\x7f"
                    "ELF",
                    4) != 0)
      file_.fail(0, "expected an ELF core, which begins with 7f 45 4c 46");
    wide_ = ident[4] == 2;
    if (!wide_ && ident[4] != 1) file_.fail(4, fmt::format("ELF class {}: expected 1 or 2 (32 or 64 bits)", +ident[4]));
    if (ident[5] == 2) {
      file_.fail(5, "a big-endian ELF core: expected a little-endian machine, as all paging modes are");
    }
    if (ident[5] != 1) file_.fail(5, fmt::format("ELF data encoding {}: expected 1 (little-endian)", +ident[5]));
    const auto type = number<std::uint16_t>(16);
    if (type != core_type) {
      file_.fail(16, fmt::format("an ELF file of type {}{}: expected a core (type 4)", type,
                                 type == 1   ? ", an object file"
                                 : type == 2 ? ", a program"
                                 : type == 3 ? ", a program or a library"
                                             : ""));
    }
    machine_ = number<std::uint16_t>(18);
    if (machine_ == machine_386 || machine_ == machine_x86_64) content_.image().architecture = "x86";
    if (machine_ == machine_aarch64) content_.image().architecture = "arm64";
    if (machine_ == machine_riscv) content_.image().architecture = "riscv";
  }

  void read_segments() {
    const std::uint64_t table = word(wide_ ? 32 : 28);
    const auto entry_bytes = number<std::uint16_t>(wide_ ? 54 : 42);
    const std::uint16_t expected = wide_ ? 56 : 32;
    std::uint64_t count = number<std::uint16_t>(wide_ ? 56 : 44);
    if (count == many_headers) {
      const std::uint64_t section = word(wide_ ? 40 : 32);
      count = file_.number<std::uint32_t>(offset_of(section, wide_ ? 44 : 28), "section header 0");
    }
    if (count != 0 && entry_bytes != expected) {
      file_.fail(wide_ ? 54 : 42, fmt::format("program headers of {} bytes: expected {}", entry_bytes, expected));
    }
    for (std::uint64_t index = 0; index < count; ++index) {
      const Segment segment = segment_at(offset_of(table, index * expected));
      if (segment.type == note_segment) notes_.push_back(segment);
      if (segment.type == load_segment && has_memory(segment)) loads_.push_back(segment);
    }
  }

  Segment segment_at(std::uint64_t at) {
    char bytes[56];
    file_.read(at, bytes, wide_ ? 56 : 32, "the program headers");
    const auto field = [&](std::size_t wide, std::size_t narrow) {
      std::uint64_t value = 0;
      std::memcpy(&value, bytes + (wide_ ? wide : narrow), wide_ ? 8 : 4);
      return value;
    };
    Segment segment;
    segment.header = at;
    std::memcpy(&segment.type, bytes, sizeof segment.type);
    segment.offset = field(8, 4);
    segment.virtual_address = field(16, 8);
    segment.address = field(24, 12);
    segment.file_bytes = field(32, 16);
    segment.memory_bytes = field(40, 20);
    if (segment.type == load_segment && segment.file_bytes > segment.memory_bytes) {
      file_.fail(at, fmt::format("a segment with {:#x} bytes in the file and {:#x} in memory: expected no more in the "
                                 "file",
                                 segment.file_bytes, segment.memory_bytes));
    }
    return segment;
  }

  /// /proc/kcore marks segments without a single physical address (vmalloc) with all ones.
  bool has_memory(const Segment& segment) const {
    const std::uint64_t none = wide_ ? ~std::uint64_t{0} : 0xFFFFFFFF;
    return segment.memory_bytes != 0 && segment.address != none;
  }

  /// A process core has only virtual addresses.
  void check_physical() const {
    if (loads_.empty()) file_.fail(0, "an ELF core without physical memory: expected PT_LOAD segments");
    const bool addressed = std::any_of(loads_.begin(), loads_.end(), [](const Segment& segment) {
      return segment.address != 0 || segment.virtual_address == 0;
    });
    if (loads_.size() > 1 && !addressed) {
      file_.fail(loads_.front().header, "the core of a process, without physical addresses: expected one of a machine");
    }
  }

  /// Segments may be views of the same memory (kernel text and direct map, dump-guest-memory -p): the new part is
  /// loaded, and the rest must be identical.
  void load(const Segment& segment) {
    const std::uint64_t last = segment.address + (segment.memory_bytes - 1);
    if (last < segment.address) cover(segment, segment.address, segment.memory_bytes, ImageHolds::Bytes);  // throws
    const auto taken = content_.image().coverage.taken(segment.address, last);
    if (taken && !own_taken(segment)) cover(segment, segment.address, segment.memory_bytes, ImageHolds::Bytes);
    const std::uint64_t tail = segment.address + segment.file_bytes;
    if (!taken) {
      cover(segment, segment.address, segment.file_bytes, ImageHolds::Bytes);
      cover(segment, tail, segment.memory_bytes - segment.file_bytes, ImageHolds::LeftOut);
    }
    std::vector<char> chunk(1 << 20);
    for (std::uint64_t done = 0; done < segment.file_bytes;) {
      const std::size_t count = std::min<std::uint64_t>(chunk.size(), segment.file_bytes - done);
      file_.read(offset_of(segment.offset, done), chunk.data(), count, "a PT_LOAD segment");
      const std::string_view bytes(chunk.data(), count);
      taken ? load_again(segment, segment.address + done, bytes) : content_.write(segment.address + done, bytes);
      done += count;
    }
    loaded_.push_back(segment);
  }

  /// Whether the memory that overlaps the segment came from this file.
  bool own_taken(const Segment& segment) const {
    return std::any_of(loaded_.begin(), loaded_.end(), [&](const Segment& other) {
      return segment.address < other.address + other.memory_bytes &&
             other.address < segment.address + segment.memory_bytes;
    });
  }

  void load_again(const Segment& segment, std::uint64_t address, std::string_view bytes) {
    constexpr std::uint64_t page = PhysicalMemory::page_size;
    while (!bytes.empty()) {
      const std::size_t count = std::min<std::uint64_t>(bytes.size(), page - address % page);
      const std::string_view part = bytes.substr(0, count);
      const auto taken = content_.image().coverage.taken(address, address + (count - 1));
      if (!taken) {
        cover(segment, address, count, ImageHolds::Bytes);
        content_.write(address, part);
      } else if (!content_.holds(address, part)) {
        file_.fail(segment.header, fmt::format("two segments have different bytes for physical address {:#x}: expected "
                                               "views of the same memory",
                                               address));
      }
      address += count;
      bytes.remove_prefix(count);
    }
  }

  void cover(const Segment& segment, std::uint64_t address, std::uint64_t bytes, ImageHolds what) {
    content_.cover(file_, segment.header, address, bytes, what);
  }

  std::uint64_t offset_of(std::uint64_t base, std::uint64_t more) const {
    if (base + more < base) file_.fail(base, "an offset beyond the end of any file");
    return base + more;
  }

  template <class Number>
  Number number(std::uint64_t offset) {
    return file_.number<Number>(offset, "the ELF header");
  }
  std::uint64_t word(std::uint64_t offset) {
    return wide_ ? number<std::uint64_t>(offset) : number<std::uint32_t>(offset);
  }

  ImageFile& file_;
  ImageContent& content_;
  bool wide_ = false;
  std::uint16_t machine_ = 0;
  std::vector<Segment> loads_;
  std::vector<Segment> notes_;
  std::vector<Segment> loaded_;
};

}  // namespace

void read_elf(ImageFile& file, ImageContent& content) {
  ElfReader(file, content).read();
}

}  // namespace tablewalk
