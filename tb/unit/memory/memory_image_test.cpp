#include "memory/memory_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace tablewalk::memory_image_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A record of a page list: the page is filled with `fill`.
std::string record(std::uint64_t address, char fill) {
  std::string text(reinterpret_cast<const char*>(&address), sizeof address);
  return text + std::string(4096, fill);
}

class MemoryImageTest : public ::testing::Test {
 protected:
  MemoryImage load(const std::string& content, const std::string& format = "auto",
                   std::optional<std::uint64_t> base = {}) {
    ImageSource source{folder_.write("image", content), format, {}, {}, {}};
    if (base) source.base = PhysicalAddress(*base);
    return load_memory_image(source, memory_);
  }
  /// The error message for the image, without the folder's name.
  std::string refusal(const std::string& content, const std::string& format = "auto",
                      std::optional<std::uint64_t> base = {}) {
    try {
      load(content, format, base);
    } catch (const InputError& error) {
      std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      const std::size_t at = message.find(folder_.path(""));
      return at == std::string::npos ? message : message.erase(at, folder_.path("").size());
    }
    return "accepted";
  }
  std::uint64_t byte_at(std::uint64_t address) const { return memory_.read(PhysicalAddress(address), 1); }

  test::TemporaryFolder folder_;
  PhysicalMemory memory_;
};

TEST_F(MemoryImageTest, APageListIsKnownByItsContent) {
  const MemoryImage image = load(record(0x3000, 'a') + record(0x9000, '\0') + record(0x80000000, 'b'));
  EXPECT_EQ(image.format, "pages");
  EXPECT_EQ(image.bytes, 3u * 4096);
  EXPECT_EQ(image.first, PhysicalAddress(0x3000));
  EXPECT_EQ(image.last, PhysicalAddress(0x80000FFF));
  EXPECT_EQ(byte_at(0x2FFF), 0u);
  EXPECT_EQ(byte_at(0x3000), 'a');
  EXPECT_EQ(byte_at(0x3FFF), 'a');
  EXPECT_EQ(byte_at(0x80000ABC), 'b');
  EXPECT_EQ(memory_.touched_pages(), 2u) << "a page of zeros costs nothing";
}

TEST_F(MemoryImageTest, SaysWhatItCovers) {
  MemoryImage image = load(record(0x3000, 'a') + record(0x4000, 'b') + record(0x9000, 'c'));
  image.path = "image";
  EXPECT_EQ(image.coverage_text(), "image covers 0x3000-0x4fff, 0x9000-0x9fff");
  image.coverage = {};
  EXPECT_EQ(image.coverage_text(), "image covers nothing");
}

TEST_F(MemoryImageTest, RawMemoryIsKnownByItsContentAndStandsAtItsBase) {
  const std::string raw = std::string(4096, '\0') + std::string(4096, 'x') + std::string(std::size_t{2} * 4096, '\0');
  const MemoryImage image = load(raw, "auto", 0x80000000);
  EXPECT_EQ(image.format, "raw");
  EXPECT_EQ(image.bytes, 4u * 4096);
  EXPECT_EQ(image.first, PhysicalAddress(0x80000000));
  EXPECT_EQ(image.last, PhysicalAddress(0x80003FFF));
  EXPECT_EQ(byte_at(0x80001000), 'x');
  EXPECT_EQ(byte_at(0x1000), 0u);
  EXPECT_EQ(memory_.touched_pages(), 1u);
}

TEST_F(MemoryImageTest, RawMemoryOfMorePagesThanTheReadersWindowIsReadWhole) {
  std::string raw;
  for (unsigned page = 0; page < 700; ++page) raw += std::string(4096, static_cast<char>(page % 255 + 1));
  EXPECT_EQ(load(raw, "raw").bytes, raw.size());
  for (std::uint64_t page = 0; page < 700; ++page) ASSERT_EQ(byte_at(page * 4096 + 77), page % 255 + 1);
}

TEST_F(MemoryImageTest, AGivenFormatDecidesWhatContentWouldTellOtherwise) {
  // 512 records are a whole number of pages, so they can be read as raw memory too.
  std::string list;
  for (std::uint64_t page = 0; page < 512; ++page) list += record(page * 4096, 'l');
  EXPECT_EQ(load(list).format, "pages");
  EXPECT_EQ(load(list, "raw").bytes, list.size());
  EXPECT_THAT(refusal(std::string(4104, 'x'), "pages"), HasSubstr("image: byte 0: physical address 0x7878"));
}

TEST_F(MemoryImageTest, CompressedImagesAreReadAsTheyAre) {
  const std::string folder = TABLEWALK_SOURCE_DIR "/tb/golden/images/i386-2level/";
  const MemoryImage image = load_memory_image({folder + "pages.bin.zst", "auto", {}, {}, {}}, memory_);
  EXPECT_EQ(image.format, "pages");
  EXPECT_EQ(image.bytes, 4317u * 4096) << "kept_pages of meta.json";
}

TEST_F(MemoryImageTest, FilesThatAreMissingOrEmptyAreRefused) {
  EXPECT_THROW(load_memory_image({folder_.path("nowhere"), "auto", {}, {}, {}}, memory_), InputError);
  EXPECT_EQ(refusal(""), "image: the memory image is empty: expected pages of 4 KiB");
  EXPECT_EQ(refusal("", "raw"), "image: the memory image is empty: expected pages of 4 KiB");
  try {
    load_memory_image({folder_.path("."), "auto", {}, {}, {}}, memory_);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is a directory: expected a memory image file"));
  }
}

TEST_F(MemoryImageTest, FilesThatAreCutInTheMiddleOfAPageAreRefused) {
  const std::string list = record(0x1000, 'a') + record(0x2000, 'b') + record(0x3000, 'c');
  EXPECT_THAT(refusal(list.substr(0, 10000)), AllOf(HasSubstr("image: byte 8208: "), HasSubstr("after 1792 bytes of")));
  EXPECT_THAT(refusal(list.substr(0, 5000), "pages"), HasSubstr("image: byte 4104: "));
  EXPECT_THAT(refusal(list.substr(0, 5000)), HasSubstr("image: byte 4104: the list ends in the middle of a page"));
  EXPECT_THAT(refusal(std::string(4096 + 17, 'x'), "raw"), HasSubstr("after 17 bytes of 4096: expected raw memory in"));
  EXPECT_THAT(refusal(std::string(4096 + 17, '\0')), HasSubstr("after 17 bytes of 4096: expected raw memory in whole"));
  EXPECT_THAT(refusal("hello"), HasSubstr("in no known format, it begins with 68 65 6c 6c 6f: expected elf, lime"));
}

TEST_F(MemoryImageTest, AddressesThatDoNotAscendOrAreNotAlignedAreRefused) {
  const std::string two = record(0x1000, 'a') + record(0x2000, 'b');
  EXPECT_THAT(refusal(two + record(0x2000, 'c')),
              AllOf(HasSubstr("image: byte 8208: physical address 0x2000 after 0x2000: expected ascending addresses"),
                    HasSubstr("--image-format raw")));
  EXPECT_THAT(refusal(two + record(0x3008, 'c')),
              HasSubstr("byte 8208: physical address 0x3008 in a list of pages: expected a m"));
  EXPECT_THAT(refusal(record(0x2000, 'a') + record(0x1000, 'b'), "pages"),
              HasSubstr("byte 4104: physical address 0x1000 after 0x2000"));
}

TEST_F(MemoryImageTest, BasesThatDoNotFitAreRefused) {
  EXPECT_EQ(refusal(std::string(4096, 'x'), "auto", 0x123), "--image-base 0x123: expected a multiple of 4096");
  EXPECT_THAT(refusal(record(0x1000, 'a'), "auto", 0x1000), HasSubstr("which has its own addresses"));
  EXPECT_THAT(refusal(std::string(std::size_t{3} * 4096, 'x'), "raw", ~std::uint64_t{0} - 8191),
              HasSubstr("beyond the 64-bit"));
  EXPECT_THAT(refusal("x", "page"),
              AllOf(HasSubstr("--image-format page: expected auto, elf, lime"), HasSubstr("did you mean 'pages'")));
}

TEST_F(MemoryImageTest, DamagedCompressionIsRefused) {
  const std::string folder = TABLEWALK_SOURCE_DIR "/tb/golden/images/i386-2level/";
  std::ifstream file(folder + "pages.bin.zst", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_THAT(refusal(bytes.substr(0, bytes.size() / 2)), HasSubstr("compressed data is truncated or damaged"));
}

}  // namespace
}  // namespace tablewalk::memory_image_test
