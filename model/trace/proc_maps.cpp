#include "trace/proc_maps.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/line_source.h"
#include "base/text.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t proc_page_bytes = 4096;
constexpr const char* line_form = "START-END PERMISSIONS OFFSET DEVICE INODE [PATH]";

/// Takes the next word of `rest`, without the blanks before it.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number_in(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads the lines of one file; a region is complete when the next one begins.
class MapsReader {
 public:
  explicit MapsReader(ByteSource& bytes) : path_(bytes.path()), lines_(bytes) {}

  Layout read() {
    std::string_view line;
    while (lines_.next(line)) {
      if (line.empty()) continue;
      if (!is_detail(line)) {
        keep_region();
        begin_region(line);
      } else if (!region_) {
        fail(fmt::format("{} before the first region; expected {}", in_quotes(line), line_form));
      } else {
        read_detail(line);
      }
    }
    keep_region();
    if (regions_.empty()) {
      throw InputError(fmt::format("{}: no regions; expected lines of /proc/PID/maps: {}", path_, line_form));
    }
    return std::move(regions_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { lines_.fail(message); }

  /// `Key:  value`, as smaps has it below each region's line.
  static bool is_detail(std::string_view line) { return line.front() >= 'A' && line.front() <= 'Z'; }

  void begin_region(std::string_view line) {
    std::string_view rest = line;
    const std::string_view addresses = take_word(rest);
    const std::string_view permissions = take_word(rest);
    const std::string_view offset = take_word(rest);
    const std::string_view device = take_word(rest);
    const std::string_view inode = take_word(rest);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (device.empty() || inode.empty()) fail(fmt::format("{}; expected {}", in_quotes(line), line_form));
    region_.emplace();
    read_addresses(addresses);
    read_permissions(permissions);
    read_backing(offset, inode, rest);
  }

  void read_addresses(std::string_view text) {
    const std::size_t hyphen = std::min(text.find('-'), text.size());
    const auto start = number_in(text.substr(0, hyphen), 16);
    const auto end = number_in(text.substr(std::min(text.size(), hyphen + 1)), 16);
    if (!start || !end) fail(fmt::format("{}; expected two hexadecimal addresses, START-END", in_quotes(text)));
    if (*end <= *start) fail(fmt::format("{} ends before it starts; expected START below END", in_quotes(text)));
    if (((*start | *end) & (proc_page_bytes - 1)) != 0) {
      fail(fmt::format("{}; expected addresses that are multiples of 4096", in_quotes(text)));
    }
    if (!regions_.empty() && VirtualAddress(*start) <= regions_.back().last()) {
      fail(fmt::format("{} begins below the end of the region before it; expected ascending addresses",
                       in_quotes(text)));
    }
    region_->first = VirtualAddress(*start);
    region_->bytes = *end - *start;
  }

  void read_permissions(std::string_view text) {
    const auto is_one_of = [&](std::size_t at, char yes, char no) { return text[at] == yes || text[at] == no; };
    if (text.size() != 4 || !is_one_of(0, 'r', '-') || !is_one_of(1, 'w', '-') || !is_one_of(2, 'x', '-') ||
        !is_one_of(3, 'p', 's')) {
      fail(fmt::format("permissions {}; expected four letters, such as r-xp or rw-s", in_quotes(text)));
    }
    region_->read = text[0] == 'r';
    region_->write = text[1] == 'w';
    region_->execute = text[2] == 'x';
    region_->shared = text[3] == 's';
  }

  void read_backing(std::string_view offset, std::string_view inode, std::string_view path) {
    const auto file_offset = number_in(offset, 16);
    if (!file_offset) fail(fmt::format("offset {}; expected a hexadecimal number", in_quotes(offset)));
    const auto number = number_in(inode, 10);
    if (!number) fail(fmt::format("inode {}; expected a decimal number", in_quotes(inode)));
    // The kernel backs these two with files of its own; programs ask for anonymous memory.
    region_->file = *number != 0 && path != "/dev/zero (deleted)" && path != "/anon_hugepage (deleted)";
    region_->grows_down = path == "[stack]";
    // A label has no blanks at its end.
    region_->label = printable(path.substr(0, path.find_last_not_of(" \t") + 1)).substr(0, longest_label);
    if (region_->file) region_->file_offset = *file_offset;
  }

  void read_detail(std::string_view line) {
    std::string_view rest = line;
    const std::string_view key = take_word(rest);
    if (key == "KernelPageSize:") {
      const auto kilobytes = number_in(take_word(rest), 10);
      if (!kilobytes || *kilobytes > (std::uint64_t{1} << 40) || !is_power_of_two(*kilobytes) ||
          take_word(rest) != "kB") {
        fail(fmt::format("{}; expected KernelPageSize: N kB, N a power of two", in_quotes(line)));
      }
      kernel_page_bytes_ = *kilobytes << 10;
    } else if (key == "VmFlags:") {
      while (!rest.empty()) read_flag(take_word(rest));
    } else if (key.empty() || key.back() != ':') {
      fail(fmt::format("{}; expected {}, or a line of smaps, KEY: VALUE", in_quotes(line), line_form));
    }
  }

  void read_flag(std::string_view flag) {
    if (flag == "ht") huge_ = true;
    if (flag == "gd") region_->grows_down = true;
    if (flag == "hg") region_->huge_pages = HugePages::Yes;
    if (flag == "nh") region_->huge_pages = HugePages::No;
  }

  void keep_region() {
    if (region_) {
      if (huge_) region_->page_bytes = huge_page_bytes();
      regions_.push_back(*region_);
    }
    region_.reset();
    kernel_page_bytes_ = 0;
    huge_ = false;
  }

  /// Linux has whole pages in such a mapping; a part of one would take its neighbours' addresses.
  std::uint64_t huge_page_bytes() const {
    const std::uint64_t offset = kernel_page_bytes_ - 1;
    if (kernel_page_bytes_ != 0 && ((region_->first.value() | region_->bytes) & offset) != 0) {
      throw InputError(fmt::format("{}: the region {:x}-{:x} has pages of {}; expected whole pages of that size", path_,
                                   region_->first.value(), region_->first.value() + region_->bytes,
                                   format_byte_size(ByteSize{kernel_page_bytes_})));
    }
    return kernel_page_bytes_;
  }

  std::string path_;
  LineSource lines_;
  Layout regions_;
  std::optional<LayoutChange> region_;
  std::uint64_t kernel_page_bytes_ = 0;
  bool huge_ = false;  ///< a mapping of huge pages (hugetlb)
};

}  // namespace

Layout read_proc_maps(ByteSource& bytes) {
  return MapsReader(bytes).read();
}

Layout read_proc_maps(const std::string& path) {
  ByteSource bytes(path, "list of regions");
  return read_proc_maps(bytes);
}

}  // namespace tablewalk
