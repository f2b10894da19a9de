#include "trace/twt_writer.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.h"
#include "trace/record_check.h"

namespace tablewalk {
namespace {

constexpr int highest_level = 19;

void check_options(const std::string& path, const TraceWriterOptions& options) {
  if (options.level < 1 || options.level > highest_level) {
    throw InputError(fmt::format("{}: compression level {}: expected 1 to {}", path, options.level, highest_level));
  }
  if (options.records_per_block == 0 || options.records_per_block > twt::max_records_per_block) {
    throw InputError(fmt::format("{}: {} records per block: expected 1 to {}", path, options.records_per_block,
                                 twt::max_records_per_block));
  }
  if (options.provenance.size() > twt::max_provenance_bytes) {
    throw InputError(fmt::format("{}: a provenance of {} bytes: expected at most {}", path, options.provenance.size(),
                                 twt::max_provenance_bytes));
  }
}

/// The options, after validation.
const TraceWriterOptions& checked(const std::string& path, const TraceWriterOptions& options) {
  check_options(path, options);
  return options;
}

}  // namespace

TwtWriter::TwtWriter(const std::string& path, const TraceWriterOptions& options)
    : file_(path),
      records_per_block_(checked(path, options).records_per_block),
      dependences_(options.dependences),
      has_layout_(options.layout),
      encoder_(records_per_block_),
      compressor_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
  if (compressor_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_compressionLevel, options.level);
  write_header(options);
}

void TwtWriter::write_header(const TraceWriterOptions& options) {
  const std::string& provenance = options.provenance;
  twt::Header header{};
  std::memcpy(header.magic, twt::head_magic.data(), sizeof(header.magic));
  header.version = (options.layout ? twt::version_with_layout : twt::version) + (options.dependences ? 1 : 0);
  header.provenance_bytes = static_cast<std::uint32_t>(provenance.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes += provenance;
  const std::uint64_t checksum = checksum_of_bytes(bytes.data(), bytes.size());
  file_.write(bytes.data(), bytes.size());
  file_.write(&checksum, sizeof(checksum));
}

void TwtWriter::write(const Record* records, std::size_t count) {
  while (count != 0) {
    const std::size_t batch =
        std::min({count, batch_records, static_cast<std::size_t>(records_per_block_) - encoder_.records()});
    for (std::size_t i = 0; i < batch; ++i) {
      const bool distance_allowed = records[i].distance == 0 || dependences_;
      if (distance_allowed && is_possible_record(records[i])) continue;
      throw InputError(fmt::format("{}: record {}: {}", file_.path(), records_written_ + i,
                                   distance_allowed ? why_impossible(records[i]) : why_no_distance));
    }
    encoder_.encode(records, batch);
    checksum_.add(records, batch);
    records_written_ += batch;
    records += batch;
    count -= batch;
    if (encoder_.records() == records_per_block_) end_block();
  }
}

void TwtWriter::change_layout(const LayoutChange& change) {
  if (!has_layout_) throw InputError(fmt::format("{}: {}", file_.path(), why_no_layout));
  layout_text_ += fmt::format("{} {}\n", records_written_, to_text(change));
  if (layout_text_.size() > twt::max_layout_text_bytes / 2) write_layout();
}

void TwtWriter::write_layout() {
  if (layout_text_.empty()) return;
  compress(layout_text_);
  twt::LayoutHeader header{};
  header.tag = twt::layout_tag;
  header.text_bytes = static_cast<std::uint32_t>(layout_text_.size());
  header.stored_bytes = static_cast<std::uint32_t>(frame_.size());
  header.checksum = twt::layout_checksum(header, {frame_.data(), frame_.size()});
  file_.write(&header, sizeof(header));
  file_.write(frame_.data(), frame_.size());
  layout_text_.clear();
}

void TwtWriter::end_block() {
  write_layout();
  const std::string_view codes = encoder_.codes();
  const std::string_view operands = encoder_.operands();
  plain_.assign(codes);
  plain_ += operands;
  compress(plain_);
  twt::BlockHeader header{};
  header.tag = twt::block_tag;
  header.records = static_cast<std::uint32_t>(encoder_.records());
  header.operand_bytes = static_cast<std::uint32_t>(encoder_.operands().size());
  header.stored_bytes = static_cast<std::uint32_t>(frame_.size());
  header.first_record = records_written_ - encoder_.records();
  header.checksum = twt::block_checksum(header, {frame_.data(), frame_.size()});
  index_.push_back({file_.bytes_written(), header.first_record});
  file_.write(&header, sizeof(header));
  file_.write(frame_.data(), frame_.size());
  encoder_.start_block();
}

/// Leaves the frame in frame_.
void TwtWriter::compress(std::string_view plain) {
  frame_.resize(ZSTD_compressBound(plain.size()));
  const std::size_t bytes = ZSTD_compress2(compressor_.get(), frame_.data(), frame_.size(), plain.data(), plain.size());
  if (ZSTD_isError(bytes)) throw InputError(fmt::format("{}: zstd: {}", file_.path(), ZSTD_getErrorName(bytes)));
  frame_.resize(bytes);
}

void TwtWriter::finish() {
  if (encoder_.records() != 0) end_block();
  const twt::IndexHeader index_header{twt::index_tag, static_cast<std::uint32_t>(index_.size())};
  std::string index(reinterpret_cast<const char*>(&index_header), sizeof(index_header));
  index.append(reinterpret_cast<const char*>(index_.data()), index_.size() * sizeof(twt::IndexEntry));
  twt::Footer footer{};
  footer.index_offset = file_.bytes_written();
  footer.records = records_written_;
  footer.records_checksum = checksum_.value();
  footer.checksum = twt::footer_checksum(footer, index);
  std::memcpy(footer.magic, twt::foot_magic.data(), sizeof(footer.magic));
  file_.write(index.data(), index.size());
  file_.write(&footer, sizeof(footer));
  file_.finish();
}

}  // namespace tablewalk
