#include "trace/compressed_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace tablewalk {
namespace {

struct Filter {
  std::string_view ending;
  int (*add)(archive*);
};

constexpr std::array<Filter, 4> filters{{{".gz", archive_write_add_filter_gzip},
                                         {".xz", archive_write_add_filter_xz},
                                         {".zst", archive_write_add_filter_zstd},
                                         {".bz2", archive_write_add_filter_bzip2}}};

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() > ending.size() && text.substr(text.size() - ending.size()) == ending;
}

}  // namespace

CompressedFile::CompressedFile(const std::string& path) : file_(path), archive_(nullptr, archive_write_free) {
  for (const Filter& filter : filters) {
    if (!ends_with(path, filter.ending)) continue;
    archive_.reset(archive_write_new());
    check(archive_write_set_format_raw(archive_.get()));
    check(filter.add(archive_.get()));
    // No zero padding at the end, as for tapes.
    check(archive_write_set_bytes_in_last_block(archive_.get(), 1));
    check(archive_write_open(archive_.get(), this, nullptr, on_write, nullptr));
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    check(archive_write_header(archive_.get(), entry.get()));
  }
}

/// An unfinished file is discarded: nothing more is written.
CompressedFile::~CompressedFile() {
  if (archive_ != nullptr) archive_write_fail(archive_.get());
}

long CompressedFile::on_write(archive* handle, void* self, const void* bytes, std::size_t count) {
  auto& compressed = *static_cast<CompressedFile*>(self);
  try {
    compressed.file_.write(bytes, count);
    return static_cast<long>(count);
  } catch (const InputError& error) {  // exceptions must not pass through libarchive's C frames
    compressed.failure_ = error.what();
    archive_set_error(handle, EIO, "%s", error.what());
    return -1;
  }
}

void CompressedFile::check(int status) const {
  if (status >= ARCHIVE_WARN) return;
  if (!failure_.empty()) throw InputError(failure_);
  throw InputError(fmt::format("{}: cannot be compressed: {}", file_.path(), archive_error_string(archive_.get())));
}

void CompressedFile::write(std::string_view text) {
  if (archive_ == nullptr) return file_.write(text.data(), text.size());
  const la_ssize_t written = archive_write_data(archive_.get(), text.data(), text.size());
  if (written < 0 || static_cast<std::size_t>(written) != text.size()) check(ARCHIVE_FATAL);
}

void CompressedFile::finish() {
  if (archive_ != nullptr) check(archive_write_close(archive_.get()));
  file_.finish();
}

}  // namespace tablewalk
