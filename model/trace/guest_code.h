#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace tablewalk {

/// The code of a program under Valgrind, by the addresses of its process: read from the process's memory while it
/// exists, else from its mapped files.
class GuestCode {
 public:
  /// Where the bytes are read from.
  enum class Source : std::uint8_t {
    MemoryAndFiles,
    Files,  ///< for a process that has ended, or for bytes of its past
  };

  GuestCode(pid_t process, Source source) : process_(process), source_(source) {}
  ~GuestCode();
  GuestCode(const GuestCode&) = delete;
  GuestCode& operator=(const GuestCode&) = delete;

  /// Copies up to `most` bytes from `address`, stopping at the first unknown one; returns the number copied.
  std::size_t read(std::uint64_t address, std::uint8_t* bytes, std::size_t most);

  /// Marks the two pages from `address` on as possibly changed since they were read.
  void doubt(std::uint64_t address);

  /// Reads the process's current mappings; earlier mappings elsewhere are kept. False once it has ended.
  bool look();

  /// Whether the program is a 32-bit one.
  bool is_32_bits();

 private:
  static constexpr std::size_t page_bytes = 4096;

  struct Mapping {
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  ///< in the file
    bool writable = false;
    std::string file;  ///< empty if not file-backed
  };
  struct Page {
    std::size_t bytes = 0;  ///< known
    bool lasting = false;   ///< its bytes do not change
    bool placed = false;    ///< its mapping was looked up
    std::array<std::uint8_t, page_bytes> content{};
  };

  const Page& page(std::uint64_t address);
  void fill(Page& page, std::uint64_t address);
  void add(const std::string& line);
  const Mapping* mapping_of(std::uint64_t address, std::uint64_t& start) const;

  pid_t process_;
  Source source_;
  int memory_ = -1;
  bool is_32_bits_ = false;
  bool looked_ = false;
  std::map<std::uint64_t, Mapping> mappings_;  ///< by start address; no overlaps
  std::unordered_map<std::uint64_t, Page> pages_;
};

}  // namespace tablewalk
