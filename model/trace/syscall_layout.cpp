#include "trace/syscall_layout.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.h"
#include "trace/lackey_reader.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::string_view line_start = "SYSCALL[";
constexpr std::string_view rest_start = " --> [";
constexpr const char* valgrind_tool = "/lackey-";

// Linux's bits of mmap, mprotect, mremap and madvise.
constexpr std::uint64_t prot_read = 1;
constexpr std::uint64_t prot_write = 2;
constexpr std::uint64_t prot_execute = 4;
constexpr std::uint64_t map_shared = 1;
constexpr std::uint64_t map_anonymous = 0x20;
constexpr std::uint64_t map_grows_down = 0x100;
constexpr std::uint64_t map_huge = 0x40000;
constexpr unsigned map_huge_shift = 26;  // log2 of the page size in six bits; 0: the default, 2 MiB
constexpr std::uint64_t default_huge_bytes = 2 << 20;
constexpr std::uint64_t advice_huge = 14;
constexpr std::uint64_t advice_no_huge = 15;

std::uint64_t in_pages(std::uint64_t bytes) {
  return (bytes + page_bytes - 1) & ~(page_bytes - 1);
}

/// What follows the first `mark`; empty if there is none.
std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

/// The number at the start of an argument, decimal or after 0x hexadecimal.
std::optional<std::uint64_t> number_of(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  if (has_hex_prefix(text)) {
    text.remove_prefix(2);
    if (take_hex(text, value) == FieldResult::Good) return value;
  } else if (take_decimal(text, value) == FieldResult::Good) {
    return value;
  }
  return std::nullopt;
}

/// The numbers of `( a, b, c )`, up to the first argument that is none.
std::vector<std::uint64_t> numbers_of(std::string_view arguments) {
  std::vector<std::uint64_t> numbers;
  while (!arguments.empty()) {
    const std::optional<std::uint64_t> number = number_of(arguments);
    if (!number) break;
    numbers.push_back(*number);
    arguments.remove_prefix(std::min(arguments.find(','), arguments.size() - 1) + 1);
  }
  return numbers;
}

/// The result of a call that succeeded, at the end of a line.
std::optional<std::uint64_t> result_of(std::string_view line) {
  constexpr std::string_view success = "Success(";
  const std::size_t at = line.rfind(success);
  if (at == std::string_view::npos) return std::nullopt;
  return number_of(line.substr(at + success.size()));
}

bool has_result(std::string_view line) {
  return line.find("Success(") != std::string_view::npos || line.find("Failure(") != std::string_view::npos;
}

void set_rights(LayoutChange& change, std::uint64_t protection) {
  change.read = (protection & prot_read) != 0;
  change.write = (protection & prot_write) != 0;
  change.execute = (protection & prot_execute) != 0;
}

LayoutChange change_of(LayoutOperation operation, std::uint64_t first, std::uint64_t bytes) {
  LayoutChange change;
  change.operation = operation;
  change.first = VirtualAddress(first);
  change.bytes = bytes;
  return change;
}

bool is_valgrinds_code(const LayoutChange& region) {
  return region.label.find(valgrind_tool) != std::string::npos;
}

}  // namespace

bool SyscallLayout::take(std::string_view line, std::uint64_t record) {
  record_ = record;
  if (line.substr(0, line_start.size()) == line_start) {
    begin(line);
  } else if (line.substr(0, rest_start.size()) != rest_start) {
    return false;
  }
  if (!has_result(line)) return true;
  const auto call = unfinished_.find(last_thread_);
  if (call == unfinished_.end()) return true;
  if (const auto result = result_of(line)) finish(call->second, *result);
  unfinished_.erase(call);
  return true;
}

/// `SYSCALL[PROCESS,THREAD](NUMBER) NAME ( ARGUMENTS ) --> ...`; a later line of the same call has `...` in the place
/// of its name and arguments.
void SyscallLayout::begin(std::string_view line) {
  last_thread_ = number_of(after(line, ",")).value_or(0);
  const std::string_view call = after(line, ") ");
  if (call.empty() || call.substr(0, 3) == "...") return;
  const std::string_view name = call.substr(0, call.find_first_of(" ("));
  if (name == "sys_clone" || name == "sys_fork" || name == "sys_vfork") fork(call);
  const std::string_view arguments = after(call, "(");
  unfinished_[last_thread_] = {std::string(name), std::string(arguments.substr(0, arguments.find(" --> ")))};
}

/// `SYSCALL[PROCESS,THREAD](NUMBER) NAME ( ARGUMENTS )   NAME: process PROCESS created child CHILD`: the call has no
/// other line in this process.
void SyscallLayout::fork(std::string_view line) {
  const std::optional<std::uint64_t> child = number_of(after(line.substr(line.rfind(')')), " created child "));
  if (child && remembers_ && !now_.layout.empty()) forked_[*child] = now_;
}

void SyscallLayout::finish(const Call& call, std::uint64_t result) {
  if (call.name == "sys_open" || call.name == "sys_openat") return open(call, result);
  const std::vector<std::uint64_t> numbers = numbers_of(call.arguments);
  const auto has = [&](const char* name, std::size_t count) { return call.name == name && numbers.size() >= count; };
  if (has("sys_close", 1)) now_.files.erase(numbers[0]);
  if (has("sys_brk", 0)) finish_brk(result);
  if (has("sys_mmap", 6)) finish_mmap(numbers, result);
  if (has("sys_mremap", 3)) finish_remap(numbers, result);
  if (has("sys_munmap", 2)) add(change_of(LayoutOperation::Unmap, numbers[0], in_pages(numbers[1])));
  if (has("sys_mprotect", 3)) {
    LayoutChange change = change_of(LayoutOperation::Protect, numbers[0], in_pages(numbers[1]));
    set_rights(change, numbers[2]);
    add(change);
  }
  if (has("sys_madvise", 3) && (numbers[2] == advice_huge || numbers[2] == advice_no_huge)) {
    LayoutChange change = change_of(LayoutOperation::Advise, numbers[0], in_pages(numbers[1]));
    change.huge_pages = numbers[2] == advice_huge ? HugePages::Yes : HugePages::No;
    add(change);
  }
}

void SyscallLayout::finish_mmap(const std::vector<std::uint64_t>& numbers, std::uint64_t address) {
  LayoutChange change = change_of(LayoutOperation::Reserve, address, in_pages(numbers[1]));
  const std::uint64_t flags = numbers[3];
  set_rights(change, numbers[2]);
  change.shared = (flags & map_shared) != 0;
  change.grows_down = (flags & map_grows_down) != 0;
  change.file = (flags & map_anonymous) == 0;
  if (change.file) {
    change.file_offset = numbers[5];
    const auto file = now_.files.find(numbers[4]);
    if (file != now_.files.end()) change.label = file->second;
  }
  if ((flags & map_huge) != 0) {
    const std::uint64_t shift = flags >> map_huge_shift & 63;
    change.page_bytes = shift == 0 ? default_huge_bytes : std::uint64_t{1} << shift;
  }
  add(change);
}

void SyscallLayout::finish_remap(const std::vector<std::uint64_t>& numbers, std::uint64_t address) {
  if (numbers[1] == 0) return;  // a second mapping of shared pages
  LayoutChange change = change_of(LayoutOperation::Remap, numbers[0], in_pages(numbers[1]));
  change.to = VirtualAddress(address);
  change.to_bytes = in_pages(numbers[2]);
  if (change.to_bytes != 0 && address <= ~std::uint64_t{0} - (change.to_bytes - 1)) add(change);
}

/// `end`: of the heap, after the call. The first call asks where the heap begins; Valgrind has already mapped a page
/// there, which Linux would not.
void SyscallLayout::finish_brk(std::uint64_t end) {
  const std::uint64_t pages_end = in_pages(end);
  if (now_.heap_begin == 0) {
    now_.heap_begin = end & ~(page_bytes - 1);
    now_.heap_end = now_.heap_begin;
    if (now_.heap_begin == end) add(change_of(LayoutOperation::Unmap, now_.heap_begin, page_bytes));
  }
  LayoutChange change = change_of(LayoutOperation::Reserve, now_.heap_end, pages_end - now_.heap_end);
  if (pages_end < now_.heap_end) change = change_of(LayoutOperation::Unmap, pages_end, now_.heap_end - pages_end);
  set_rights(change, prot_read | prot_write);
  if (change.operation == LayoutOperation::Reserve) change.label = "[heap]";
  if (pages_end >= now_.heap_begin) add(change);
  now_.heap_end = std::max(pages_end, now_.heap_begin);
}

/// The path is in parentheses behind its address: `0x1000(/a/b)`.
void SyscallLayout::open(const Call& call, std::uint64_t descriptor) {
  const std::size_t begin = call.arguments.find('(');
  const std::size_t end = call.arguments.rfind("), ");
  if (begin == std::string::npos || end == std::string::npos || end <= begin) return;
  const std::string path = printable(call.arguments.substr(begin + 1, end - begin - 1));
  now_.files[descriptor] = path.substr(0, std::min(path.find_last_not_of(' ') + 1, longest_label));
}

void SyscallLayout::add(LayoutChange change) {
  if (change.bytes == 0 || change.first.value() > ~std::uint64_t{0} - (change.bytes - 1)) return;
  if (remembers_) now_.layout.push_back(change);
  change.record = record_;
  changes_.push_back(std::move(change));
}

Layout SyscallLayout::changes_before(std::uint64_t record) {
  const auto after = std::find_if(changes_.begin(), changes_.end(),
                                  [&](const LayoutChange& change) { return change.record > record; });
  Layout before(std::make_move_iterator(changes_.begin()), std::make_move_iterator(after));
  changes_.erase(changes_.begin(), after);
  return before;
}

bool begins_with_fork(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    if (!is_valgrind_noise(line)) return line.substr(0, rest_start.size()) == rest_start;
    head.remove_prefix(std::min(line.size() + 1, head.size()));
  }
  return false;
}

Layout without_valgrind(const Layout& process) {
  Layout program;
  const LayoutChange* stack = nullptr;
  VirtualAddress tool_end;
  for (const LayoutChange& region : process) {
    if (region.label.substr(0, 1) == "[") continue;  // of the process itself: Valgrind hides them
    const bool anonymous = !region.file && !region.shared;
    if (is_valgrinds_code(region)) {
      tool_end = region.last() + 1;
      if (!region.execute) continue;
      program.push_back(region);
      program.back().read = false;
      continue;
    }
    const bool above_tool = tool_end.value() != 0 && anonymous;
    if (above_tool && region.first == tool_end) continue;  // its data
    // Above its code, Valgrind has memory that is executable, or guards; of the program there is the stack.
    if (above_tool && (region.execute || !region.read)) continue;
    program.push_back(region);
    if (above_tool) stack = &region;
  }
  for (LayoutChange& region : program) {
    if (stack == nullptr || region.first != stack->first) continue;
    region.grows_down = true;
    region.label = "[stack]";
  }
  return program;
}

}  // namespace tablewalk
