// Every memory image format, in files that the test writes from the formats' documentation.
#include "memory/image_formats.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "memory/memory_image.h"
#include "support/image_writers.h"
#include "support/temporary_folder.h"

namespace tablewalk::image_formats_test {
namespace {

using test::ImagePages;
using ::testing::AllOf;
using ::testing::HasSubstr;

ImagePages some_pages() {
  std::mt19937_64 random(7);
  ImagePages pages;
  for (const std::uint64_t address : {0x1000, 0x2000, 0x3000, 0x9000, 0x100000, 0x101000, 0x7FF000}) {
    std::string page;
    for (unsigned word = 0; word < 512; ++word)
      test::put(page, std::uint64_t{word % 4 == 0 ? random() : address + word});
    pages[address] = page;
  }
  pages[0x2000] = std::string(4096, '\0');
  pages[0x100000] = std::string(4096, '\0');
  return pages;
}

class ImageFormats : public ::testing::Test {
 protected:
  MemoryImage load(const std::string& content, PhysicalMemory& memory) {
    return load_memory_image({folder_.write("image", content), "auto", {}, {}, {}}, memory);
  }
  std::string refusal(const std::string& content) {
    return refusal_of({folder_.write("image", content), "auto", {}, {}, {}});
  }
  std::string refusal_of(const ImageSource& source) {
    PhysicalMemory memory;
    try {
      load_memory_image(source, memory);
    } catch (const InputError& error) {
      std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      return message;
    }
    return "accepted";
  }
  static void expect_pages(const ImagePages& pages, const PhysicalMemory& memory) {
    for (const auto& [address, page] : pages) {
      std::string found(4096, 'x');
      memory.read_page(PhysicalAddress(address), found.data());
      ASSERT_EQ(found, page) << std::hex << address;
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(ImageFormats, EachFormatIsRecognisedAndReadWhole) {
  const ImagePages pages = some_pages();
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    PhysicalMemory memory;
    const std::string file = writer.write(pages);
    const MemoryImage image = load(file, memory);
    EXPECT_EQ(image.format, writer.format);
    expect_pages(pages, memory);
    EXPECT_EQ(memory.touched_pages(), 5u) << "pages of zeros cost nothing";
    EXPECT_EQ(image.bytes, 7u * 4096);
    if (writer.name != std::string("kdump_raw") && image.format != "kdump" && image.format != "flattened") {
      EXPECT_EQ(image.first, PhysicalAddress(0x1000));
    }
    EXPECT_EQ(image.last, PhysicalAddress(0x7FFFFF));
  }
}

TEST_F(ImageFormats, WhatIsOutsideIsToldFromWhatIsLeftOutAsZeros) {
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    PhysicalMemory memory;
    const MemoryImage image = load(writer.write(some_pages()), memory);
    const std::string format = image.format;
    EXPECT_EQ(image.coverage.at(PhysicalAddress(0x2008)), ImageHolds::Bytes) << "zeros that the file has";
    const bool leaves_out =
        format == "pages" || format == "avml" || format == "kdump" || writer.name == std::string("flattened");
    EXPECT_EQ(image.coverage.at(PhysicalAddress(0x50000)), leaves_out ? ImageHolds::LeftOut : ImageHolds::Nothing);
    EXPECT_EQ(image.coverage.at(PhysicalAddress(0x800000)),
              format == "pages" ? ImageHolds::LeftOut : ImageHolds::Nothing);
  }
}

TEST_F(ImageFormats, EveryCutIsRefusedOrLeavesWholeRanges) {
  const ImagePages pages = some_pages();
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    const std::string file = writer.write(pages);
    // Each of the first bytes, then steps that meet headers and middles of pages.
    for (std::size_t bytes = 0; bytes < file.size(); bytes += bytes < 100 ? 7 : 1997) {
      const std::string what = refusal(file.substr(0, bytes));
      if (what == "accepted") {
        EXPECT_TRUE(writer.format == std::string("lime") || writer.format == std::string("pages")) << bytes;
      }
    }
  }
}

TEST_F(ImageFormats, ListsAndRangesThatEndAtARecordAreWhole) {
  const std::string lime = test::as_lime(some_pages());
  EXPECT_EQ(refusal(lime.substr(0, 32 + 3 * 4096)), "accepted");
  EXPECT_THAT(refusal(lime.substr(0, 32 + 3 * 4096 + 31)),
              HasSubstr("byte 12320: the file ends in the header of a range"));
  EXPECT_THAT(refusal(lime.substr(0, 31 + 3 * 4096)), HasSubstr("the file ends in a range, 1 bytes before its end"));
}

TEST_F(ImageFormats, DamagedFilesAreReadOrRefusedAndNothingElse) {
  const std::uint64_t seed = std::random_device()();
  std::mt19937_64 random(seed);
  SCOPED_TRACE(fmt::format("seed {}", seed));
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    const std::string file = writer.write(some_pages());
    for (int round = 0; round < 60; ++round) {
      std::string damaged = file;
      const std::size_t reach = round % 2 == 0 ? std::min<std::size_t>(file.size(), 600) : file.size();
      for (unsigned bytes = 1 + random() % 4; bytes != 0; --bytes) {
        damaged[random() % reach] = round % 3 == 0 ? '\xff' : static_cast<char>(random());
      }
      refusal(damaged);  // any other exception fails the test
    }
  }
}

TEST_F(ImageFormats, DamagedCompressedDataIsFound) {
  std::string avml = test::as_avml(some_pages());
  avml[32 + 10 + 8 + 100] ^= 0x40;
  EXPECT_THAT(refusal(avml), HasSubstr("snappy"));
  std::string checksum = test::as_avml(some_pages());
  checksum[32 + 10 + 4] ^= 1;
  EXPECT_THAT(refusal(checksum), HasSubstr("byte 42: a snappy chunk with checksum"));
  std::string count = test::as_avml(some_pages());
  count[count.size() - 8] ^= 1;
  EXPECT_THAT(refusal(count), HasSubstr("compressed bytes: expected"));
  std::string kdump = test::as_kdump(some_pages(), 1);
  kdump[kdump.size() - 100] ^= 0x40;
  EXPECT_THAT(refusal(kdump), HasSubstr("damaged data of a page"));
}

TEST_F(ImageFormats, CompressedFilesAreReadAnywhereToo) {
  const ImagePages pages = some_pages();
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    folder_.write("plain", writer.write(pages));
    ASSERT_EQ(std::system(("gzip -c " + folder_.path("plain") + " > " + folder_.path("packed")).c_str()), 0);
    PhysicalMemory memory;
    EXPECT_EQ(load_memory_image({folder_.path("packed"), "auto", {}, {}, {}}, memory).format, writer.format);
    expect_pages(pages, memory);
  }
}

TEST_F(ImageFormats, FormatsThatAreNotReadAreRefusedByName) {
  for (const ForeignFormat& foreign : foreign_image_formats()) {
    std::string file(std::max<std::size_t>(65536, foreign.offset + 100), '\0');
    file.replace(foreign.offset, foreign.magic.size(), foreign.magic);
    EXPECT_THAT(refusal(file), AllOf(HasSubstr(foreign.what), HasSubstr("which is not supported: expected")));
  }
}

TEST_F(ImageFormats, NothingUnknownIsTakenForRawMemory) {
  std::string unknown(8192, '\0');
  unknown[4000] = 'x';
  EXPECT_THAT(refusal(unknown), AllOf(HasSubstr("in no known format"), HasSubstr("--image-format raw")));
  EXPECT_THAT(refusal_of({folder_.write("text", "abcdefghijk"), "auto", {}, {}, {}}),
              HasSubstr("it begins with 61 62 63 64 65 66 67 68: expected"));
  EXPECT_EQ(refusal_of({folder_.path("image"), "raw", {}, {}, {}}), "accepted");
  EXPECT_EQ(refusal_of({folder_.path("image"), "auto", PhysicalAddress(0), {}, {}}), "accepted");
  folder_.write("image", test::as_elf(some_pages()));
  EXPECT_THAT(refusal_of({folder_.path("image"), "auto", PhysicalAddress(0x1000), {}, {}}),
              HasSubstr("is an ELF core, which has its own addresses"));
  for (const ImageFormat& format : image_formats()) {
    EXPECT_NE(refusal_of({folder_.write("words", std::string(20000, 'w')), format.name, {}, {}, {}}), "accepted");
  }
}

TEST_F(ImageFormats, DevicesAreRefused) {
  EXPECT_EQ(refusal_of({"/dev/zero", "auto", {}, {}, {}}), "/dev/zero: is a device: expected a memory image file");
}

TEST_F(ImageFormats, ElfTailsHoldZerosAndAreNotInTheFile) {
  test::ElfOptions options;
  options.tail = 0x1800;
  PhysicalMemory memory;
  const MemoryImage image = load(test::as_elf({{0x4000, std::string(4096, 'a')}}, options), memory);
  EXPECT_EQ(image.coverage.at(PhysicalAddress(0x4FFF)), ImageHolds::Bytes);
  EXPECT_EQ(image.coverage.at(PhysicalAddress(0x67FF)), ImageHolds::LeftOut);
  EXPECT_EQ(image.coverage.at(PhysicalAddress(0x6800)), ImageHolds::Nothing);
  EXPECT_EQ(memory.read(PhysicalAddress(0x5000), 8), 0u);
}

TEST_F(ImageFormats, ElfFilesThatAreNoCoreOfAMachineAreRefused) {
  const std::string good = test::as_elf(some_pages());
  const auto with = [&](std::size_t at, char byte) {
    std::string file = good;
    file[at] = byte;
    return refusal(file);
  };
  EXPECT_THAT(with(5, 2), HasSubstr("big-endian ELF core"));
  EXPECT_THAT(with(4, 3), HasSubstr("ELF class 3"));
  EXPECT_THAT(with(16, 2), HasSubstr("a program: expected a core"));
  EXPECT_THAT(with(54, 40), HasSubstr("program headers of 40 bytes: expected 56"));
  EXPECT_THAT(with(56, 0), HasSubstr("without physical memory"));
  std::string process = good;
  for (std::size_t segment = 0; segment < 4; ++segment) {
    test::put_at(process, 64 + 56 * segment + 16, std::uint64_t{0x400000 + segment});
    test::put_at(process, 64 + 56 * segment + 24, std::uint64_t{0});
  }
  EXPECT_THAT(refusal(process), HasSubstr("the core of a process"));
  std::string larger = good;
  test::put_at(larger, 64 + 32, std::uint64_t{0x9000});
  EXPECT_THAT(refusal(larger), HasSubstr("0x9000 bytes in the file and 0x3000 in memory"));
}

TEST_F(ImageFormats, ElfSegmentsMayBeViewsOfTheSameMemory) {
  std::string file = test::as_elf({{0x1000, std::string(4096, 'a')}, {0x9000, std::string(4096, 'b')}});
  test::put_at(file, 64 + 56 + 24, std::uint64_t{0x1000});  // the second segment has the same memory as the first
  EXPECT_THAT(refusal(file), HasSubstr("different bytes for physical address 0x1000"));
  file.replace(file.size() - 4096, 4096, std::string(4096, 'a'));
  EXPECT_EQ(refusal(file), "accepted");
}

TEST_F(ImageFormats, AnElfSegmentThatIsAViewInPartAddsTheRest) {
  const std::string shared(4096, 'b');
  std::string file = test::as_elf(
      {{0x1000, std::string(4096, 'a')}, {0x2000, shared}, {0x9000, shared}, {0xA000, std::string(4096, 'c')}});
  test::put_at(file, 64 + 56 + 24, std::uint64_t{0x2000});  // where the second segment is in memory
  PhysicalMemory memory;
  const MemoryImage image = load(file, memory);
  EXPECT_EQ(image.coverage.text(), "0x1000-0x3fff");
  EXPECT_EQ(memory.read(PhysicalAddress(0x2FFF), 1), std::uint64_t{'b'});
  EXPECT_EQ(memory.read(PhysicalAddress(0x3000), 1), std::uint64_t{'c'});
}

TEST_F(ImageFormats, ElfSegmentsWithoutMemoryArePassedOver) {
  const std::string good = test::as_elf({{0x1000, std::string(4096, 'a')}, {0x9000, std::string(4096, 'b')}});
  const auto coverage_with = [&](const std::vector<std::size_t>& fields, std::uint64_t value) {
    std::string file = good;
    for (const std::size_t field : fields) test::put_at(file, 64 + 56 + field, value);
    PhysicalMemory memory;
    return load(file, memory).coverage.text();
  };
  EXPECT_EQ(coverage_with({}, 0), "0x1000-0x1fff, 0x9000-0x9fff");
  EXPECT_EQ(coverage_with({32, 40}, 0), "0x1000-0x1fff") << "no bytes";
  EXPECT_EQ(coverage_with({24}, ~std::uint64_t{0}), "0x1000-0x1fff") << "no physical address, as in /proc/kcore";
}

TEST_F(ImageFormats, RegistersComeFromQemusNotes) {
  test::ElfOptions options;
  const auto mode_of = [&](std::uint64_t cr4, std::uint16_t machine) {
    options.notes = test::qemu_note(0x80050033, 0x1234000, cr4);
    options.machine = machine;
    const ImageSource source{folder_.write("image", test::as_elf(some_pages(), options)), "auto", {}, {}, {}};
    const MemoryImage image = look_at_memory_image(source);
    EXPECT_TRUE(image.registers.has_value());
    EXPECT_EQ(image.registers->root, 0x1234000u);
    return image.registers->mode;
  };
  EXPECT_EQ(mode_of(0x20, 62), "x86-64");
  EXPECT_EQ(mode_of(0x1020, 62), "x86-64-la57");
  EXPECT_EQ(mode_of(0x20, 3), "x86-pae");
  EXPECT_EQ(mode_of(0x10, 3), "x86-32");
  for (const bool wide : {true, false}) {
    PhysicalMemory memory;
    const MemoryImage image = load(test::as_kdump(some_pages(), 1, wide, options.notes), memory);
    ASSERT_TRUE(image.registers.has_value());
    EXPECT_EQ(image.registers->root, 0x1234000u);
    EXPECT_EQ(image.architecture, "x86");
  }
  const MemoryImage windows =
      look_at_memory_image({folder_.write("image", test::as_windows_full(some_pages(), 0x1AD002)), "auto", {}, {}, {}});
  EXPECT_EQ(windows.registers->root, 0x1AD000u);
  EXPECT_EQ(windows.mode_doubt("x86-64"), "");
  EXPECT_THAT(windows.mode_doubt("sv39"), HasSubstr("a machine of architecture x86, which does not have mode sv39"));
}

TEST_F(ImageFormats, PartsOfARawFileAndSeveralFilesArePlaced) {
  const std::string low = std::string(4096, 'a') + std::string(4096, 'b');
  const std::string path = folder_.write("low", low);
  const std::string high = folder_.write("high", std::string(4096, 'c'));
  PhysicalMemory memory;
  ImageSource parts{path, "auto", {}, {{4096, 4096, PhysicalAddress(0x100000000)}, {0, 4096, PhysicalAddress(0)}}, {}};
  EXPECT_EQ(load_memory_image(parts, memory).bytes, 8192u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100000000), 1), std::uint64_t{'b'});
  EXPECT_EQ(memory.read(PhysicalAddress(0), 1), std::uint64_t{'a'});
  parts.maps[1].bytes = 3 * 4096;
  EXPECT_THAT(refusal_of(parts), HasSubstr("the file ends in the range given by --image-map"));
  parts.maps[1] = {0, 4096, PhysicalAddress(0x100000000)};
  EXPECT_THAT(refusal_of(parts), HasSubstr("overlaps memory that the image already has at 0x100000000"));

  PhysicalMemory two;
  const ImageSource files{path, "auto", PhysicalAddress(0), {}, {{high, PhysicalAddress(0x80000000)}}};
  const MemoryImage image = load_memory_image(files, two);
  EXPECT_EQ(image.coverage.text(), "0x0-0x1fff, 0x80000000-0x80000fff");
  EXPECT_EQ(two.read(PhysicalAddress(0x80000FFF), 1), std::uint64_t{'c'});
  EXPECT_THAT(refusal_of({path, "auto", PhysicalAddress(0), {}, {{high, PhysicalAddress(0x1000)}}}),
              HasSubstr("high: byte 0: physical memory 0x1000-0x1fff overlaps"));
}

TEST_F(ImageFormats, DumpsThatAreNotCompleteAreRefused) {
  const auto kdump = [&](std::size_t at, std::uint32_t value) {
    std::string file = test::as_kdump(some_pages(), 1);
    test::put_at(file, at, value);
    return refusal(file);
  };
  EXPECT_THAT(kdump(424, 9), HasSubstr("incomplete"));
  EXPECT_THAT(kdump(428, 1000), HasSubstr("blocks of 1000 bytes"));
  EXPECT_THAT(kdump(436, 3), HasSubstr("expected a bit per page"));
  EXPECT_THAT(kdump(4096 + 12, 1), HasSubstr("one part of a split dump"));
  EXPECT_THAT(kdump(3 * 4096 + 2 * 4096 + 12, 2), HasSubstr("lzo"));
  EXPECT_THAT(refusal(test::as_kdump(some_pages(), 1).substr(0, 3 * 4096 + 2 * 4096)),
              HasSubstr("byte 20480: the file ends in the page descriptors"));
  const auto windows = [&](std::size_t at, std::uint32_t value) {
    std::string file = test::as_windows_full(some_pages());
    test::put_at(file, at, value);
    return refusal(file);
  };
  EXPECT_THAT(windows(4, 0x504D5544), HasSubstr("32-bit machine"));
  EXPECT_THAT(windows(0xF98, 2), HasSubstr("type 2, the kernel's memory only"));
  EXPECT_THAT(windows(0x88, 43), HasSubstr("43 runs of memory"));
  EXPECT_THAT(windows(0x90, 8), HasSubstr("8 pages: expected 7"));
}

TEST_F(ImageFormats, WindowsBitmapsAreOfTwoKinds) {
  const auto with_signature = [&](char first) {
    std::string file = test::as_windows_bitmap(some_pages());
    file[0x2000] = first;
    return refusal(file);
  };
  for (const char first : {'S', 'F'}) EXPECT_EQ(with_signature(first), "accepted") << first;
  EXPECT_THAT(with_signature('X'),
              HasSubstr("expected the header of a bitmap, which begins with SDMPDUMP or FDMPDUMP"));
}

/// A flattened file of these records: places in the file that is flattened, and what is there.
std::string flattened(const std::vector<std::pair<std::uint64_t, std::string>>& records) {
  std::string text = test::as_flattened("").substr(0, 4096);
  const auto put_big = [&](std::uint64_t value) {
    for (unsigned byte = 0; byte < 8; ++byte) text += static_cast<char>(value >> (56 - 8 * byte));
  };
  for (const auto& [place, bytes] : records) {
    put_big(place);
    put_big(bytes.size());
    text += bytes;
  }
  put_big(~std::uint64_t{0});
  put_big(~std::uint64_t{0});
  return text;
}

TEST_F(ImageFormats, WhatIsWrittenLaterIntoAFlattenedFileReplacesWhatWasThereZerosToo) {
  std::string file = test::as_elf({{0x1000, std::string(3 * 4096, 'a')}});
  const std::string as_it_was = file;
  file.replace(4096, 4096, std::string(4096, '\0'));
  PhysicalMemory expected;
  load(file, expected);
  PhysicalMemory memory;
  load(flattened({{0, as_it_was}, {4096, std::string(4096, '\0')}}), memory);
  for (std::uint64_t page = 0x1000; page < 0x4000; page += 4096) {
    std::string right(4096, 'x');
    std::string found(4096, 'y');
    expected.read_page(PhysicalAddress(page), right.data());
    memory.read_page(PhysicalAddress(page), found.data());
    EXPECT_EQ(found, right) << std::hex << page;
  }
}

/// Bitmaps of a terabyte in a hole would be read for hours.
TEST_F(ImageFormats, AFlattenedFileWithALargeHoleIsRefused) {
  const std::string file = test::as_kdump(some_pages(), 1);
  EXPECT_EQ(refusal(flattened({{0, file}, {file.size() + (1 << 20), "end"}})), "accepted");
  EXPECT_THAT(refusal(flattened({{0, file}, {std::uint64_t{1} << 40, "end"}})),
              HasSubstr("a flattened file of 0x10000000003 bytes, of which "));
}

}  // namespace
}  // namespace tablewalk::image_formats_test
