#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace tablewalk::test {

/// A separate folder for each test, removed at its end.
class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    std::string name = (std::filesystem::temp_directory_path() / "trace_test.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~TraceTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string make_file(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  std::string folder_;
};

inline std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline std::vector<Record> read_all(TraceReader& reader, std::size_t batch = 1000) {
  std::vector<Record> records;
  std::vector<Record> buffer(batch);
  while (const std::size_t count = reader.read(buffer.data(), buffer.size())) {
    records.insert(records.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return records;
}

inline std::vector<Record> read_file(const std::string& path, const std::string& format = "auto") {
  return read_all(*open_trace(path, format));
}

/// The message thrown by reading the whole file; empty if it throws nothing.
inline std::string error_of(const std::string& path, const std::string& format = "auto") {
  try {
    read_file(path, format);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

inline void write_records(const std::string& path, const std::vector<Record>& records,
                          const TraceWriterOptions& options = {}) {
  const auto writer = make_trace_writer(path, options);
  writer->write(records.data(), records.size());
  writer->finish();
}

inline Record record(std::uint64_t address, std::uint32_t size, RecordKind kind, AddressSpaceId asid = 0) {
  return Record{VirtualAddress(address), size, kind, Privilege::User, asid};
}

inline Record supervisor(Record access) {
  access.privilege = Privilege::Supervisor;
  return access;
}
inline Record invalidate_page(std::uint64_t address, AddressSpaceId asid = 0) {
  return record(address, 0, RecordKind::InvalidatePage, asid);
}
inline Record invalidate_asid(AddressSpaceId asid) {
  return record(0, 0, RecordKind::InvalidateAsid, asid);
}
inline Record invalidate_all() {
  return record(0, 0, RecordKind::InvalidateAll);
}
inline Record thread_event(unsigned thread) {
  return record(0, 0, RecordKind::Thread, static_cast<AddressSpaceId>(thread));
}

inline Record random_event(std::mt19937_64& random) {
  const auto asid = static_cast<AddressSpaceId>(random() >> random() % 64);
  switch (random() % 4) {
    case 0:
      return invalidate_page(random() >> random() % 64, asid);
    case 1:
      return invalidate_asid(asid);
    case 2:
      return thread_event(asid);
    default:
      return invalidate_all();
  }
}

/// A mixture of typical program behaviour (runs of code, loops, stack, strides, kernel work) and of unusual records.
inline std::vector<Record> random_records(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<Record> records;
  std::uint64_t code = 0x400000;
  std::uint64_t data = 0x7fff0000;
  while (records.size() < count) {
    const std::uint64_t choice = random() % 100;
    const auto asid = static_cast<AddressSpaceId>(choice == 99 ? random() : 0);
    if (choice < 60) {
      const auto size = static_cast<std::uint32_t>(1 + random() % 15);
      if (random() % 8 == 0) code = 0x400000 + random() % 5000;
      records.push_back(record(code, size, RecordKind::Fetch, asid));
      code += size;
    } else if (choice < 63) {
      records.push_back(random_event(random));
    } else if (choice < 95) {
      data += 8 * (random() % 5) - 16;
      records.push_back(record(data, 1u << random() % 6, static_cast<RecordKind>(1 + random() % 3), asid));
    } else {
      const auto size = static_cast<std::uint32_t>(1 + random() % 4096);
      const std::uint64_t address = random() >> random() % 64;
      records.push_back(
          record(std::min(address, ~std::uint64_t{0} - (size - 1)), size, static_cast<RecordKind>(random() % 4), asid));
    }
    if (!is_event(records.back().kind) && random() % 16 == 0) records.back() = supervisor(records.back());
  }
  return records;
}

/// A seed that differs from run to run, and is printed so that a failure can be reproduced with TABLEWALK_SEED.
inline std::uint64_t printed_seed() {
  const char* given = std::getenv("TABLEWALK_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  std::printf("seed %llu (TABLEWALK_SEED)\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// `content` compressed as gzip, xz, zstd or bzip2 (libarchive's names).
inline std::string compressed(const std::string& content, const std::string& filter) {
  std::string out(content.size() + 65536, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_entry* entry = archive_entry_new();
  archive_write_add_filter_by_name(writer, filter.c_str());
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open_memory(writer, out.data(), out.size(), &used), ARCHIVE_OK);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_write_close(writer);
  archive_entry_free(entry);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace tablewalk::test
