#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace tablewalk {

/// The code of a program that runs under Valgrind, whose addresses are those of the process that runs it: from the
/// process's memory as long as it is there, else from the files that it mapped.
class GuestCode {
 public:
  /// Where the bytes come from.
  enum class Source : std::uint8_t {
    MemoryAndFiles,
    Files,  ///< of a process that has ended, or of whose past the bytes are asked
  };

  GuestCode(pid_t process, Source source) : process_(process), source_(source) {}
  ~GuestCode();
  GuestCode(const GuestCode&) = delete;
  GuestCode& operator=(const GuestCode&) = delete;

  /// Copies the `most` bytes at `address`, or those before the first that nobody knows; returns how many.
  std::size_t read(std::uint64_t address, std::uint8_t* bytes, std::size_t most);

  /// What was read of the two pages from `address` on may have become other code meanwhile.
  void doubt(std::uint64_t address);

  /// Learns what the process has mapped now; what it had mapped elsewhere before stays known. False once it has ended.
  bool look();

  /// Whether the program is one of 32 bits.
  bool is_32_bits();

 private:
  static constexpr std::size_t page_bytes = 4096;

  struct Mapping {
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  ///< in the file
    bool writable = false;
    std::string file;  ///< empty if it is of none
  };
  struct Page {
    std::size_t bytes = 0;  ///< that are known
    bool lasting = false;   ///< its bytes do not change
    bool placed = false;    ///< it was asked for what is mapped there
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
  std::map<std::uint64_t, Mapping> mappings_;  ///< by their starts; none overlaps another
  std::unordered_map<std::uint64_t, Page> pages_;
};

}  // namespace tablewalk
