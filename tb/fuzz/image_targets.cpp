#include "fuzz/parser_target.h"
#include "memory/memory_image.h"
#include "paging/oracle_check.h"

namespace tablewalk::test {
namespace {

struct LoadedImage {
  MemoryImage image;
  PhysicalMemory memory;
};

bool load(const std::string& path, const std::string& format, LoadedImage& loaded) {
  const ImageSource source{path, format, {}, {}, {}};
  return accepts([&] { loaded.image = load_memory_image(source, loaded.memory); });
}

/// From a file and from a pipe the same comes.
bool load_both_ways(std::string_view bytes, const std::string& format) {
  const BytesAsFile file(bytes);
  const BytesAsFile pipe(bytes, BytesAsFile::Kind::Pipe);
  LoadedImage loaded;
  LoadedImage piped;
  const bool read = load(file.path(), format, loaded);
  if (load(pipe.path(), format, piped) != read) finding("read from a file or a pipe only");
  if (!read) return false;
  if (!accepts([&] { look_at_memory_image({file.path(), format, {}, {}, {}}); })) finding("loaded, but not looked at");
  if (loaded.image.coverage.text() != piped.image.coverage.text() || loaded.image.bytes != piped.image.bytes ||
      loaded.memory.touched_pages() != piped.memory.touched_pages()) {
    finding("a file holds other memory than a pipe");
  }
  loaded.image.coverage_text();
  for (const std::string& mode : paging_mode_names()) loaded.image.mode_doubt(mode);
  return true;
}

/// Tables that lead back into each other, whatever the mode: entries of x86 and of RISC-V by turns.
const PhysicalMemory& some_tables() {
  static const PhysicalMemory memory = [] {
    constexpr std::uint64_t pages = 8;
    constexpr std::uint64_t flags[] = {0x07, 0x01, 0xE7, 0x87, 0xCF, 0xDF, 0x00, 0x63};
    PhysicalMemory made;
    for (std::uint64_t word = 0; word < pages * 512; ++word) {
      const std::uint64_t page = word * 7 % (pages + 1);
      const unsigned shift = word % 2 == 0 ? 12 : 10;
      made.write(PhysicalAddress(0x1000 + 8 * word), 8, page << shift | flags[word * 5 / 3 % 8]);
    }
    return made;
  }();
  return memory;
}

}  // namespace

bool run_image(std::string_view bytes) {
  return load_both_ways(bytes, "auto") || load_both_ways(bytes, "raw");
}

/// The first line is the mode's name, the rest the file.
bool run_oracle(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const BytesAsFile file(bytes.substr(std::min(bytes.size(), end + 1)));
  MemoryImage image;
  image.path = "image";
  image.coverage.add(0x1000, 0x6FFF, ImageHolds::Bytes);
  const std::string mode(bytes.substr(0, end));
  const bool read = accepts([&] { check_oracle(file.path(), mode, {}, some_tables(), 10); });
  const bool of_image = accepts([&] { check_oracle(file.path(), mode, {}, some_tables(), 10, &image); });
  if (of_image && !read) finding("an oracle is read for an image only");
  return read;
}

}  // namespace tablewalk::test
