#include "support/image_writers.h"

#include <endian.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace tablewalk::test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

struct Run {
  std::uint64_t address = 0;
  std::string bytes;
};

std::vector<Run> runs_of(const ImagePages& pages) {
  std::vector<Run> runs;
  for (const auto& [address, page] : pages) {
    if (runs.empty() || runs.back().address + runs.back().bytes.size() != address) runs.push_back({address, ""});
    runs.back().bytes += page;
  }
  return runs;
}

std::uint32_t masked_crc32c(const std::string& bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

std::string lime_header(std::uint32_t magic, std::uint32_t version, const Run& run) {
  std::string text;
  put(text, magic);
  put(text, version);
  put(text, run.address);
  put(text, run.address + run.bytes.size() - 1);
  put(text, std::uint64_t{0});
  return text;
}

std::string compressed(const std::string& page, std::uint32_t kind) {
  if (kind == 1) {
    std::string out(compressBound(page.size()), '\0');
    uLongf size = out.size();
    compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(page.data()), page.size(), 1);
    return out.substr(0, size);
  }
  if (kind == 4) {
    std::string out;
    snappy::Compress(page.data(), page.size(), &out);
    return out;
  }
  if (kind == 0x20) {
    std::string out(ZSTD_compressBound(page.size()), '\0');
    return out.substr(0, ZSTD_compress(out.data(), out.size(), page.data(), page.size(), 1));
  }
  return page;
}

std::string windows_header(std::uint32_t type, std::uint64_t root) {
  std::string text = "PAGEDU64";
  text.resize(0x2000, '\0');
  put_at(text, 0x10, root);
  put_at(text, 0x30, std::uint32_t{0x8664});
  put_at(text, 0xF98, type);
  return text;
}

std::string elf_segment(bool wide, std::uint32_t type, std::uint64_t offset, std::uint64_t address,
                        std::uint64_t file_bytes, std::uint64_t memory_bytes) {
  std::string text;
  put(text, type);
  if (wide) put(text, std::uint32_t{0});
  for (const std::uint64_t field : {offset, std::uint64_t{0}, address, file_bytes, memory_bytes}) {
    wide ? put(text, field) : put(text, static_cast<std::uint32_t>(field));
  }
  if (wide) {
    put(text, std::uint64_t{0});
  } else {
    put(text, std::uint64_t{0});  // p_flags and p_align
  }
  return text;
}

std::string elf_header(const ElfOptions& options, std::size_t segments, std::uint64_t header_bytes) {
  const bool wide = options.wide;
  std::string text(
      "\x7f"
      "ELF");
  text += static_cast<char>(wide ? 2 : 1);
  text += "\x01\x01";
  text.resize(header_bytes, '\0');
  put_at(text, 16, std::uint16_t{4});
  put_at(text, 18, options.machine);
  const std::uint64_t table = header_bytes;
  wide ? put_at(text, 32, table) : put_at(text, 28, static_cast<std::uint32_t>(table));
  put_at(text, wide ? 54 : 42, std::uint16_t(wide ? 56 : 32));
  put_at(text, wide ? 56 : 44, std::uint16_t(options.many ? 0xFFFF : segments));
  return text;
}

}  // namespace

std::string as_pages(const ImagePages& pages) {
  std::string text;
  for (const auto& [address, page] : pages) {
    put(text, address);
    text += page;
  }
  return text;
}

std::string as_elf(const ImagePages& pages, const ElfOptions& options) {
  const bool wide = options.wide;
  const std::vector<Run> runs = runs_of(pages);
  const std::size_t segments = runs.size() + (options.notes.empty() ? 0 : 1);
  const std::uint64_t segment_bytes = wide ? 56 : 32;
  std::string text = elf_header(options, segments, wide ? 64 : 52);
  std::uint64_t at = text.size() + segments * segment_bytes;
  const std::uint64_t section = at;
  if (options.many) {
    wide ? put_at(text, 40, section) : put_at(text, 32, static_cast<std::uint32_t>(section));
    at += wide ? 64 : 40;
  }
  const std::uint64_t notes = at;
  if (!options.notes.empty()) text += elf_segment(wide, 4, notes, 0, options.notes.size(), 0);
  at += options.notes.size();
  for (const Run& run : runs) {
    text += elf_segment(wide, 1, at, run.address, run.bytes.size(), run.bytes.size() + options.tail);
    at += run.bytes.size();
  }
  if (options.many) {
    text.resize(section + (wide ? 64 : 40), '\0');
    put_at(text, section + (wide ? 44 : 28), static_cast<std::uint32_t>(segments));
  }
  text += options.notes;
  for (const Run& run : runs) text += run.bytes;
  return text;
}

std::string as_lime(const ImagePages& pages) {
  std::string text;
  for (const Run& run : runs_of(pages)) text += lime_header(0x4C694D45, 1, run) + run.bytes;
  return text;
}

std::string as_avml(const ImagePages& pages) {
  std::string text;
  for (const Run& run : runs_of(pages)) {
    text += lime_header(0x4C4D5641, 2, run);
    std::string frames("\xff\x06\0\0sNaPpY", 10);
    for (std::size_t at = 0; at < run.bytes.size(); at += 65536) {
      const std::string piece = run.bytes.substr(at, 65536);
      std::string packed;
      snappy::Compress(piece.data(), piece.size(), &packed);
      const bool raw = packed.size() >= piece.size();
      const std::string& stored = raw ? piece : packed;
      put(frames, static_cast<std::uint32_t>((stored.size() + 4) << 8 | (raw ? 1 : 0)));
      put(frames, masked_crc32c(piece));
      frames += stored;
    }
    text += frames;
    put(text, std::uint64_t{frames.size()});
  }
  return text;
}

std::string as_kdump(const ImagePages& pages, std::uint32_t compression, bool wide, const std::string& notes) {
  const std::uint64_t count = pages.rbegin()->first / page_bytes + 1;
  const std::uint64_t bitmap_blocks = ((count + 7) / 8 + page_bytes - 1) / page_bytes;
  const std::size_t status = wide ? 424 : 412;
  std::string text = "KDUMP   ";
  put(text, std::int32_t{6});
  put_at(text, 12 + 4 * 65, wide ? std::uint64_t{0x34365F363878} : std::uint64_t{0x36383669});  // x86_64, i686
  put_at(text, status, compression);
  for (const std::uint64_t field : {page_bytes, std::uint64_t{2}, 2 * bitmap_blocks, count}) {
    put(text, static_cast<std::uint32_t>(field));
  }
  text.resize(3 * page_bytes, '\0');
  put_at(text, page_bytes + (wide ? 8 : 4), std::uint32_t{1});  // pages of zeros are omitted
  put_at(text, page_bytes + (wide ? 96 : 72), count);
  put_at(text, page_bytes + (wide ? 48 : 32), 2 * page_bytes);
  put_at(text, page_bytes + (wide ? 56 : 40), static_cast<std::uint32_t>(notes.size()));
  text.replace(2 * page_bytes, notes.size(), notes);
  std::string exists(bitmap_blocks * page_bytes, '\xff');
  std::string dumped(bitmap_blocks * page_bytes, '\0');
  for (const auto& [address, page] : pages) dumped[address / page_bytes / 8] |= 1 << address / page_bytes % 8;
  text += exists + dumped;
  const std::uint64_t data = text.size() + 24 * pages.size();
  std::string stored;
  std::uint64_t zeros = 0;
  for (const auto& [address, page] : pages) {
    const bool zero = page.find_first_not_of('\0') == std::string::npos;
    std::string packed = compressed(page, compression);
    const bool raw = packed.size() >= page_bytes;
    if (raw) packed = page;
    const std::uint64_t at = zero && zeros != 0 ? zeros : data + stored.size();
    put(text, at);
    put(text, static_cast<std::uint32_t>(packed.size()));
    put(text, raw ? 0u : compression);
    put(text, std::uint64_t{0});
    if (!zero || zeros == 0) stored += packed;
    if (zero) zeros = at;
  }
  return text + stored;
}

std::string as_flattened(const std::string& file) {
  std::string text("makedumpfile\0\0\0\0", 16);
  put(text, htobe64(1));
  put(text, htobe64(1));
  text.resize(4096, '\0');
  const auto record = [&](std::size_t from, std::size_t bytes) {
    put(text, htobe64(from));
    put(text, htobe64(bytes));
    text += file.substr(from, bytes);
  };
  // The header is written last, as makedumpfile does.
  constexpr std::size_t piece = 50000;
  for (std::size_t at = 4096; at < file.size(); at += piece) record(at, std::min(piece, file.size() - at));
  record(0, std::min<std::size_t>(4096, file.size()));
  put(text, ~std::uint64_t{0});
  put(text, ~std::uint64_t{0});
  return text;
}

std::string as_windows_full(const ImagePages& pages, std::uint64_t root) {
  constexpr std::size_t most_runs = 42;
  std::vector<Run> runs = runs_of(pages);
  for (std::uint64_t gap = page_bytes; runs.size() > most_runs; gap *= 2) {
    std::vector<Run> fewer;
    for (const Run& run : runs) {
      const std::uint64_t end = fewer.empty() ? 0 : fewer.back().address + fewer.back().bytes.size();
      if (fewer.empty() || run.address - end > gap) {
        fewer.push_back(run);
      } else {
        fewer.back().bytes += std::string(run.address - end, '\0') + run.bytes;
      }
    }
    runs = fewer;
  }
  std::string text = windows_header(1, root);
  std::uint64_t total = 0;
  for (std::size_t index = 0; index < runs.size(); ++index) {
    put_at(text, 0x98 + 16 * index, runs[index].address / page_bytes);
    put_at(text, 0xA0 + 16 * index, std::uint64_t{runs[index].bytes.size() / page_bytes});
    total += runs[index].bytes.size() / page_bytes;
  }
  put_at(text, 0x88, static_cast<std::uint32_t>(runs.size()));
  put_at(text, 0x90, total);
  for (const Run& run : runs) text += run.bytes;
  return text;
}

std::string as_windows_bitmap(const ImagePages& pages, std::uint64_t root) {
  const std::uint64_t bits = pages.rbegin()->first / page_bytes + 1;
  std::string text = windows_header(5, root) + "SDMPDUMP";
  text.resize(0x2038 + (bits + 7) / 8, '\0');
  for (const auto& [address, page] : pages) text[0x2038 + address / page_bytes / 8] |= 1 << address / page_bytes % 8;
  text.resize((text.size() + page_bytes - 1) / page_bytes * page_bytes, '\0');
  put_at(text, 0x2020, std::uint64_t{text.size()});
  put_at(text, 0x2028, std::uint64_t{pages.size()});
  put_at(text, 0x2030, bits);
  for (const auto& [address, page] : pages) text += page;
  return text;
}

std::string qemu_note(std::uint64_t cr0, std::uint64_t cr3, std::uint64_t cr4) {
  std::string content(440, '\0');
  put_at(content, 0, std::uint32_t{1});
  put_at(content, 4, std::uint32_t{440});
  put_at(content, 392, cr0);
  put_at(content, 416, cr3);
  put_at(content, 424, cr4);
  std::string text;
  for (const std::uint32_t field : {5u, 16u, 1u}) put(text, field);
  text += std::string("CORE\0\0\0\0", 8) + std::string(16, 'p');  // a processor's status, passed over
  for (const std::uint32_t field : {5u, 440u, 0u}) put(text, field);
  return text + std::string("QEMU\0\0\0\0", 8) + content;
}

std::vector<ImageWriter> image_writers() {
  ElfOptions narrow;
  narrow.wide = false;
  narrow.machine = 3;
  ElfOptions many;
  many.many = true;
  return {
      {"elf64", "elf", [](const ImagePages& pages) { return as_elf(pages); }},
      {"elf32", "elf", [narrow](const ImagePages& pages) { return as_elf(pages, narrow); }},
      {"elf_many", "elf", [many](const ImagePages& pages) { return as_elf(pages, many); }},
      {"lime", "lime", as_lime},
      {"avml", "avml", as_avml},
      {"kdump_raw", "kdump", [](const ImagePages& pages) { return as_kdump(pages, 0); }},
      {"kdump_zlib", "kdump", [](const ImagePages& pages) { return as_kdump(pages, 1); }},
      {"kdump_snappy", "kdump", [](const ImagePages& pages) { return as_kdump(pages, 4); }},
      {"kdump_zstd", "kdump", [](const ImagePages& pages) { return as_kdump(pages, 0x20); }},
      {"kdump_32", "kdump", [](const ImagePages& pages) { return as_kdump(pages, 1, false); }},
      {"flattened", "flattened", [](const ImagePages& pages) { return as_flattened(as_kdump(pages, 1)); }},
      {"flattened_elf", "flattened", [](const ImagePages& pages) { return as_flattened(as_elf(pages)); }},
      {"windows_full", "windows", [](const ImagePages& pages) { return as_windows_full(pages); }},
      {"windows_bitmap", "windows", [](const ImagePages& pages) { return as_windows_bitmap(pages); }},
      {"pages", "pages", as_pages},
  };
}

}  // namespace tablewalk::test
