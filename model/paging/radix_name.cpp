#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/error.h"
#include "paging/radix_mode.h"

namespace tablewalk {
namespace {

constexpr unsigned levels_max = 8;
constexpr unsigned offset_bits_min = 4;
constexpr unsigned offset_bits_max = 30;
constexpr unsigned virtual_bits_max = 64;

/// Parses a split number by number, and reports the first part that is wrong.
class SplitParser {
 public:
  SplitParser(const std::string& name, std::string_view split) : name_(name), rest_(split) {}

  std::shared_ptr<const PagingMode> parse() {
    const std::vector<unsigned> index_bits = parse_index_bits();
    const unsigned offset_bits = take_number("a number of offset bits");
    if (offset_bits < offset_bits_min || offset_bits > offset_bits_max) {
      fail(fmt::format("{} offset bits: expected {} to {}", offset_bits, offset_bits_min, offset_bits_max));
    }
    take('@', "'@' and the bytes of an entry");
    const unsigned entry_bytes = take_number("the bytes of an entry");
    if (entry_bytes != 4 && entry_bytes != 8) fail(fmt::format("entries of {} bytes: expected 4 or 8", entry_bytes));
    if (!rest_.empty()) fail(fmt::format("'{}' after the end: expected nothing", rest_));
    unsigned virtual_bits = offset_bits;
    for (const unsigned bits : index_bits) virtual_bits += bits;
    if (virtual_bits > virtual_bits_max) {
      fail(fmt::format("{} virtual address bits in all: expected at most {}", virtual_bits, virtual_bits_max));
    }
    auto mode = std::make_shared<RadixMode>(name_, index_bits, offset_bits, entry_bytes);
    if (offset_bits > mode->physical_bits()) {
      fail(
          fmt::format("{} offset bits, and entries that reach {} bits of physical address: expected a whole page there",
                      offset_bits, mode->physical_bits()));
    }
    return mode;
  }

 private:
  std::vector<unsigned> parse_index_bits() {
    std::vector<unsigned> index_bits;
    do {
      if (!index_bits.empty()) rest_.remove_prefix(1);
      const unsigned bits = take_number("a number of index bits");
      if (bits < 1 || bits > virtual_bits_max - offset_bits_min) {
        fail(fmt::format("{} index bits: expected 1 to {}", bits, virtual_bits_max - offset_bits_min));
      }
      index_bits.push_back(bits);
      if (index_bits.size() > levels_max) fail(fmt::format("more than {} levels", levels_max));
    } while (!rest_.empty() && rest_.front() == ',');
    take('/', "',' and the next level's index bits, or '/' and the offset bits");
    return index_bits;
  }

  unsigned take_number(std::string_view what) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) fail(fmt::format("{}: expected {}", found(), what));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void take(char separator, std::string_view what) {
    if (rest_.empty() || rest_.front() != separator) fail(fmt::format("{}: expected {}", found(), what));
    rest_.remove_prefix(1);
  }

  std::string found() const { return rest_.empty() ? "ends too early" : fmt::format("stops at '{}'", rest_); }

  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(fmt::format(
        "page-table mode '{}': {} (the form is radix:B1,B2,.../OFFSET@ENTRYBYTES, such as radix:9,9,9,9/12@8)", name_,
        problem));
  }

  const std::string& name_;
  std::string_view rest_;
};

}  // namespace

std::shared_ptr<const PagingMode> make_radix_mode(const std::string& name, const std::string& split) {
  return SplitParser(name, split).parse();
}

}  // namespace tablewalk
