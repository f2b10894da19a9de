// Page tables made by Linux, walked address by address, compared with QEMU and with a small independent walker.

#include <fmt/format.h>

#include "memory/memory_image.h"
#include "paging/oracle_check.h"
#include "validate/claim_groups.h"

namespace tablewalk {
namespace {

const Source qemu{"QEMU 7.2", "QEMU 7.2's own translations, and an independent walker: tb/golden/images/README.md"};

struct ImageClaim {
  const char* folder;
  const char* mode;
  double rows;
};

constexpr ImageClaim images[] = {
    {"x86_64-4level", "x86-64", 2463}, {"x86_64-4level-1g", "x86-64", 3855}, {"x86_64-5level", "x86-64-la57", 2489},
    {"i386-2level", "x86-32", 2182},   {"riscv64-sv39", "sv39", 3236},       {"riscv64-sv48", "sv48", 3285},
};

std::vector<double> compare(const std::string& folder, const std::string& mode) {
  PhysicalMemory memory;
  ImageSource source;
  source.path = folder + "/pages.bin.zst";
  const MemoryImage image = load_memory_image(source, memory);
  const OracleReport report = check_oracle(folder + "/oracle.csv.xz", mode, {}, memory, 1, &image);
  return {static_cast<double>(report.rows), static_cast<double>(report.differences())};
}

}  // namespace

void add_image_claims(ClaimList& list, const ClaimChoice& choice) {
  for (const ImageClaim& image : images) {
    const std::string folder = choice.data + "/images/" + image.folder;
    const std::string mode = image.mode;
    const std::size_t measured = list.measure(folder, [folder, mode] { return compare(folder, mode); });
    list.claims.push_back({"images", fmt::format("{}: addresses compared", image.folder), "addresses", qemu, image.rows,
                           image.rows, Tolerance::exact(), measured, 0});
    list.claims.push_back({"images", fmt::format("{}: answers that differ", image.folder), "answers", qemu, 0, 0,
                           Tolerance::exact(), measured, 1});
  }
}

}  // namespace tablewalk
