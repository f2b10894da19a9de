// Writes the binary files of corpus/; those of text are written by hand.
//
//     parser_corpus CORPUS
#include <cstdio>
#include <fstream>
#include <string>

#include "fuzz/read_trace.h"
#include "support/image_writers.h"
#include "trace/compressed_file.h"
#include "trace/twt_codec.h"

namespace tablewalk::test {
namespace {

constexpr std::size_t page_bytes = 4096;

/// A short loop: fetches, loads with distances, stores, events, two address spaces.
std::vector<Record> some_records(bool distances) {
  std::vector<Record> records;
  for (std::uint32_t round = 0; round < 20; ++round) {
    records.emplace_back(VirtualAddress(0x401000), 4, RecordKind::Fetch);
    records.emplace_back(VirtualAddress(0x7FFC0000 + 64 * round), 8, RecordKind::Load);
    if (distances && round > 3) records.back().distance = 3;
    records.emplace_back(VirtualAddress(0x401004), 7, RecordKind::Fetch);
    records.emplace_back(VirtualAddress(0xFFFF800000000000 + 4096 * round * round), 16, RecordKind::Store,
                         Privilege::Supervisor, static_cast<AddressSpaceId>(round % 2));
    Record event;
    event.kind = static_cast<RecordKind>(access_kinds + round % 4);
    if (event.kind == RecordKind::InvalidatePage) event.address = VirtualAddress(0x7FFC0000);
    if (event.kind != RecordKind::InvalidateAll) event.asid = 1;
    records.push_back(event);
  }
  return records;
}

std::string twt_file(const TemporaryFolder& folder, bool distances, std::uint32_t per_block, bool layout = false) {
  TraceWriterOptions options;
  options.provenance = "{\"made\": \"for fuzzing\"}";
  options.dependences = distances;
  options.layout = layout;
  options.records_per_block = per_block;
  const auto writer = make_trace_writer(folder.path("a.twt"), options);
  const std::vector<Record> records = some_records(distances);
  Layout changes;
  for (const char* text : {"reserve 0x400000 0x2000 r-xu file 0x1000 : /bin/a", "@1 unmap 0x401000 0x1000"}) {
    if (layout) changes.push_back(parse_layout_change(text));
  }
  if (layout) changes.back().record = records.size() - 1;
  write_with_layout(*writer, changes, 0, records.data(), records.size());
  writer->finish();
  return folder.content("a.twt");
}

/// As run_twt_block() takes it.
std::string twt_block(bool distances) {
  const std::vector<Record> records = some_records(distances);
  TwtEncoder encoder(records.size());
  encoder.start_block();
  encoder.encode(records.data(), records.size());
  std::string bytes;
  put(bytes, static_cast<std::uint16_t>(records.size() << 1 | (distances ? 1 : 0)));
  return bytes.append(encoder.codes()).append(encoder.operands());
}

std::string champsim() {
  std::string bytes;
  for (std::uint64_t i = 1; i <= 12; ++i) {
    put(bytes, 0x401000 + 4 * i);
    for (const unsigned value : {i % 3 == 0 ? 1u : 0u, 0u, 3u, 0u, 3u, 4u, 25u, 0u}) put(bytes, std::uint8_t(value));
    for (const std::uint64_t address : {0x601000 * (i % 2), std::uint64_t{0}}) put(bytes, address);
    for (const std::uint64_t address : {0x7FFC00 + 8 * i, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}}) {
      put(bytes, address);
    }
  }
  return bytes;
}

std::string compressed(const TemporaryFolder& folder, const std::string& ending) {
  CompressedFile file(folder.path("a" + ending));
  for (unsigned i = 0; i < 20; ++i) file.write("R 0x" + std::to_string(1000 + i) + " 8\n");
  file.finish();
  return folder.content("a" + ending);
}

ImagePages some_pages() {
  ImagePages pages;
  pages[0x1000] = std::string(page_bytes, '\0');
  for (std::uint64_t i = 0; i < 8; ++i) put_at(pages[0x1000], 8 * i, 0x2007 + (i << 12));
  pages[0x2000] = std::string(page_bytes, '\0');
  return pages;
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_images(const std::string& images, const std::string& kdumps) {
  const ImagePages pages = some_pages();
  const std::string note = qemu_note(0x80000011, 0x1000, 0x20);
  ElfOptions narrow;
  narrow.wide = false;
  narrow.machine = 3;
  ElfOptions noted;
  noted.notes = note;
  noted.tail = 0x1000;
  ElfOptions many;
  many.many = true;
  write(images + "elf32", as_elf({*pages.begin()}, narrow));
  write(images + "elf64", as_elf({*pages.begin()}, noted));
  write(images + "elf_many", as_elf({*pages.begin()}, many));
  write(images + "lime", as_lime({*pages.begin()}));
  write(images + "avml", as_avml(pages));
  write(images + "pages", as_pages(pages));
  write(images + "windows_full", as_windows_full({*pages.begin()}, 0x1000));
  write(images + "windows_bitmap", as_windows_bitmap({*pages.begin()}, 0x1000));
  write(images + "raw", std::string(page_bytes, '\0'));
  write(kdumps + "zlib", as_kdump(pages, 1, true, note));
  write(kdumps + "snappy32", as_kdump(pages, 4, false));
  write(kdumps + "zstd", as_kdump(pages, 0x20));
  write(kdumps + "flattened", as_flattened(as_kdump({*pages.begin()}, 1)));
  write(kdumps + "flattened_elf", as_flattened(as_elf({*pages.begin()}, noted)));
}

void write_all(const std::string& corpus) {
  const TemporaryFolder folder;
  for (const char* target : {"/trace", "/twt", "/twt_block", "/image", "/kdump"}) {
    std::filesystem::create_directories(corpus + target);
  }
  write(corpus + "/trace/champsim", champsim());
  for (const char* ending : {".gz", ".xz", ".zst", ".bz2"}) {
    write(corpus + "/trace/text" + ending, compressed(folder, ending));
  }
  write(corpus + "/trace/twt", twt_file(folder, false, 64));
  write(corpus + "/twt/version_1", twt_file(folder, false, 1000));
  write(corpus + "/twt/version_2", twt_file(folder, true, 1000));
  write(corpus + "/twt/version_3", twt_file(folder, false, 10, true));
  write(corpus + "/twt/blocks", twt_file(folder, true, 16));
  write(corpus + "/twt_block/version_1", twt_block(false));
  write(corpus + "/twt_block/version_2", twt_block(true));
  write_images(corpus + "/image/", corpus + "/kdump/");
}

}  // namespace
}  // namespace tablewalk::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "parser_corpus: expected the folder to write to\n");
    return 2;
  }
  tablewalk::test::write_all(argv[1]);
  return 0;
}
