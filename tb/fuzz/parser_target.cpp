#include "fuzz/parser_target.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tablewalk::test {
namespace {

constexpr std::size_t longest_refusal = std::size_t{1} << 20;
constexpr int pipe_bytes = 1 << 20;  // so that one process can write all of it before it reads

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count <= 0) finding("the bytes cannot be written to a file of their own");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

const std::vector<ParserTarget>& parser_targets() {
  static const std::vector<ParserTarget> targets = {
      {"trace", 1 << 12, run_traces},  // text, Lackey, ChampSim, compressed or not, and what is told apart
      {"twt", 1 << 12, run_twt},       // with checksums that are right
      {"twt_block", 1 << 12, run_twt_block},
      {"config", 1 << 12, run_config},
      {"options", 1 << 12, run_options},  // --set, --vary, --map, names, numbers with units
      {"image", 1 << 15, run_image},      // memory images of every format
      {"kdump", 1 << 15, run_image},      // the same, from kdump-compressed ones on
      {"oracle", 1 << 12, run_oracle},
      {"maps", 1 << 12, run_maps},  // /proc/PID/maps and smaps
  };
  return targets;
}

const ParserTarget* find_parser_target(std::string_view name) {
  for (const ParserTarget& target : parser_targets()) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

std::string parser_target_names() {
  std::string names;
  for (const ParserTarget& target : parser_targets()) names += (names.empty() ? "" : ", ") + std::string(target.name);
  return names;
}

void finding(const std::string& what) {
  std::fprintf(stderr, "finding: %s\n", what.c_str());
  std::abort();
}

void check_refusal(const std::string& message) {
  if (message.empty()) finding("a refusal without a word");
  if (message.size() > longest_refusal) finding("a refusal of " + std::to_string(message.size()) + " bytes");
}

BytesAsFile::BytesAsFile(std::string_view bytes, Kind kind) {
  if (kind == Kind::File) {
    descriptor_ = ::memfd_create("input", MFD_CLOEXEC);
    write_all(descriptor_, bytes);
  } else {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0 || ::fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes) < static_cast<int>(bytes.size())) {
      finding("no pipe that holds the input");
    }
    write_all(ends[1], bytes);
    ::close(ends[1]);
    descriptor_ = ends[0];
  }
  path_ = "/proc/self/fd/" + std::to_string(descriptor_);
}

BytesAsFile::~BytesAsFile() {
  ::close(descriptor_);
}

}  // namespace tablewalk::test
