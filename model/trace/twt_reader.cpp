#include "trace/twt_reader.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/error.h"
#include "base/line_source.h"
#include "trace/text_fields.h"

namespace tablewalk {
namespace {

constexpr std::size_t bytes_of_all_parts = 3 << 20;            // of all readers sharing a scratch
constexpr std::size_t few_operands = 256 * max_operand_bytes;  // fewer are not worth a step if the block has more

constexpr const char* no_block = "damaged: expected a block or the block index here";

template <class Structure>
Structure structure_from(std::string_view bytes) {
  Structure result;
  std::memcpy(&result, bytes.data(), sizeof(result));
  return result;
}

/// Contents are lost when it grows. It grows to exactly that size, while resize() may double it.
void make_room(std::vector<char>& bytes, std::size_t wanted) {
  if (bytes.size() >= wanted) return;
  bytes = std::vector<char>();
  bytes.resize(wanted);
}

std::vector<twt::IndexEntry> entries_from(std::string_view index) {
  std::vector<twt::IndexEntry> entries((index.size() - sizeof(twt::IndexHeader)) / sizeof(twt::IndexEntry));
  if (!entries.empty()) {
    std::memcpy(entries.data(), index.data() + sizeof(twt::IndexHeader), entries.size() * sizeof(twt::IndexEntry));
  }
  return entries;
}

}  // namespace

TwtScratch::TwtScratch() : decompressor(ZSTD_createDCtx(), ZSTD_freeDCtx) {
  if (decompressor == nullptr) throw std::bad_alloc();
}

TwtReader::TwtReader(std::unique_ptr<ByteSource> bytes, std::shared_ptr<TwtScratch> shared)
    : StreamReader(std::move(bytes), "twt"),
      shares_(shared != nullptr && bytes_->seekable()),
      decoder_(shares_ ? TwtPredictor::Memory::Small : TwtPredictor::Memory::Fast) {
  scratch_ = shares_ ? std::move(shared) : std::make_shared<TwtScratch>();
  read_header();
  if (bytes_->seekable()) read_index_and_footer();
  if (shares_) bytes_->rest();
}

void TwtReader::fail(std::uint64_t offset, const std::string& message) const {
  throw InputError(fmt::format("{}: byte {}: {}", bytes_->path(), offset, message));
}

/// The next `bytes` bytes of the input; an error if there are fewer.
std::string TwtReader::take(std::size_t bytes, const char* what) {
  const std::string_view found = bytes_->peek(bytes);
  if (found.size() < bytes) {
    fail(bytes_->offset() + found.size(), fmt::format("truncated: the .twt file ends inside its {}", what));
  }
  std::string result(found.substr(0, bytes));
  bytes_->skip(bytes);
  return result;
}

void TwtReader::read_header() {
  std::string bytes = take(sizeof(twt::Header), "header");
  const auto header = structure_from<twt::Header>(bytes);
  if (std::string_view(header.magic, sizeof(header.magic)) != twt::head_magic) {
    fail(0, "not a .twt trace: its magic number is missing");
  }
  if (header.version < twt::version || header.version > twt::last_version) {
    fail(offsetof(twt::Header, version),
         fmt::format(".twt version {}: expected version {} to {}", header.version, twt::version, twt::last_version));
  }
  description_.dependences = header.version % 2 == twt::version_with_dependences % 2;
  description_.has_layout = header.version >= twt::version_with_layout;
  decoder_.allow_distances(description_.dependences);
  if (header.provenance_bytes > twt::max_provenance_bytes) {
    fail(offsetof(twt::Header, provenance_bytes), fmt::format("damaged: a provenance of {} bytes: expected at most {}",
                                                              header.provenance_bytes, twt::max_provenance_bytes));
  }
  bytes += take(header.provenance_bytes, "header");
  const auto checksum = structure_from<std::uint64_t>(take(sizeof(std::uint64_t), "header"));
  if (checksum != checksum_of_bytes(bytes.data(), bytes.size())) fail(0, "damaged: the header's checksum is wrong");
  description_.provenance = bytes.substr(sizeof(twt::Header));
}

void TwtReader::read_index_and_footer() {
  const std::uint64_t first_block = bytes_->offset();
  const std::uint64_t size = bytes_->size();
  if (size < first_block + sizeof(twt::IndexHeader) + sizeof(twt::Footer)) {
    fail(size, "truncated: the .twt file ends before its index");
  }
  const std::uint64_t footer_at = size - sizeof(twt::Footer);
  bytes_->seek(footer_at);
  const auto footer = structure_from<twt::Footer>(take(sizeof(twt::Footer), "footer"));
  if (std::string_view(footer.magic, sizeof(footer.magic)) != twt::foot_magic) {
    fail(size, "truncated: the .twt file does not end with its footer");
  }
  const bool index_fits =
      footer.index_offset >= first_block && footer.index_offset + sizeof(twt::IndexHeader) <= footer_at &&
      footer_at - footer.index_offset <= sizeof(twt::IndexHeader) + twt::max_blocks * sizeof(twt::IndexEntry);
  if (!index_fits) fail(footer_at, "damaged: the footer does not point to the block index");
  bytes_->seek(footer.index_offset);
  const std::string index = take(footer_at - footer.index_offset, "block index");
  if (footer.checksum != twt::footer_checksum(footer, index)) {
    fail(footer.index_offset, "damaged: the checksum of block index and footer is wrong");
  }
  index_ = entries_from(index);
  check_index(footer);
  description_.records = footer.records;
  bytes_->seek(first_block);
  if (description_.has_layout) read_layouts_of_file(footer.index_offset);
  bytes_->seek(first_block);
}

/// Passes over the blocks, in the order in which a pipe is read.
void TwtReader::read_layouts_of_file(std::uint64_t index_offset) {
  while (bytes_->offset() < index_offset) {
    while (at_layout()) read_layout();
    if (bytes_->offset() >= index_offset) break;
    const auto block = structure_from<twt::BlockHeader>(take(sizeof(twt::BlockHeader), "block header"));
    if (block.tag != twt::block_tag) fail(bytes_->offset() - sizeof(block), no_block);
    bytes_->seek(bytes_->offset() + block.stored_bytes);
  }
  layout_known_ = true;
}

bool TwtReader::at_layout() {
  const std::string_view tag = bytes_->peek(sizeof(std::uint32_t));
  return description_.has_layout && tag.size() >= sizeof(std::uint32_t) &&
         structure_from<std::uint32_t>(tag) == twt::layout_tag;
}

/// Reads one layout section, or passes over it if it is known.
void TwtReader::read_layout() {
  const std::uint64_t at = bytes_->offset();
  const auto header = structure_from<twt::LayoutHeader>(take(sizeof(twt::LayoutHeader), "layout"));
  if (header.text_bytes == 0 || header.text_bytes > twt::max_layout_text_bytes || header.reserved != 0 ||
      header.stored_bytes > ZSTD_compressBound(header.text_bytes)) {
    fail(at, "damaged: an invalid layout header");
  }
  const std::string frame = take(header.stored_bytes, "layout");
  if (layout_known_) return;
  if (twt::layout_checksum(header, frame) != header.checksum) fail(at, "damaged: the checksum of the layout is wrong");
  std::string text(header.text_bytes, '\0');
  const std::size_t bytes =
      ZSTD_decompressDCtx(scratch_->decompressor.get(), text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(bytes) || bytes != text.size()) fail(at, "damaged: the layout does not decompress");
  add_layout(text, at);
}

/// `at`: the section's place, for messages.
void TwtReader::add_layout(std::string_view text, std::uint64_t at) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::uint64_t record = 0;
    std::string_view rest = line;
    const bool numbered = take_decimal(rest, record) == FieldResult::Good && rest.substr(0, 1) == " ";
    const Layout& before = description_.layout;
    if (!numbered || (!before.empty() && record < before.back().record)) {
      fail(at, fmt::format("damaged: a change of the layout without an ascending record number: {}", in_quotes(line)));
    }
    try {
      description_.layout.push_back(parse_layout_change(rest.substr(1)));
    } catch (const InputError& error) {
      fail(at, fmt::format("damaged: a change of the layout: {}", error.what()));
    }
    description_.layout.back().record = record;
  }
}

/// A checksum shows that the index is as written, not that it is consistent.
void TwtReader::check_index(const twt::Footer& footer) const {
  std::uint64_t last_record = 0;
  std::uint64_t last_offset = 0;
  for (const twt::IndexEntry& entry : index_) {
    const bool first = &entry == index_.data();
    const bool ascends = first ? entry.first_record == 0 : entry.first_record > last_record;
    if (!ascends || entry.offset <= last_offset || entry.offset >= footer.index_offset ||
        entry.first_record >= footer.records) {
      fail(footer.index_offset, "damaged: the block index is not in ascending order");
    }
    last_record = entry.first_record;
    last_offset = entry.offset;
  }
  if (index_.empty() && footer.records != 0) fail(footer.index_offset, "damaged: the block index is empty");
}

std::size_t TwtReader::read_records(Record* records, std::size_t capacity) {
  if (decoder_.records_left() + codes_after_ == 0 && !at_end_) start_next_block();
  if (needs_next_part()) take_next_part();
  std::size_t count = std::min({capacity, decoder_.records_left(), batch_records});
  if (operands_after_ != 0) count = std::min(count, decoder_.operands_left() / max_operand_bytes);
  const bool good = decoder_.decode(records, count);
  const bool block_ends = decoder_.records_left() + codes_after_ == 0 && !at_end_;
  if (!good || (block_ends && decoder_.operands_left() + operands_after_ != 0)) {
    fail(block_offset_, "damaged: the block holds no valid records");
  }
  records_read_ += count;
  return count;
}

void TwtReader::start_next_block() {
  while (at_layout()) read_layout();
  block_offset_ = bytes_->offset();
  const std::string_view tag = bytes_->peek(sizeof(std::uint32_t));
  if (tag.size() >= sizeof(std::uint32_t) && structure_from<std::uint32_t>(tag) == twt::index_tag) {
    finish_stream();
    return;
  }
  block_ = structure_from<twt::BlockHeader>(take(sizeof(twt::BlockHeader), "block header"));
  check_header();
  decoder_.start_block({}, {});
  codes_after_ = block_.records;
  operands_after_ = block_.operand_bytes;
  if (shares_) return;
  decompress();
  const char* const plain = scratch_->plain.data();
  decoder_.go_on({plain, block_.records}, {plain + block_.records, block_.operand_bytes});
  codes_after_ = operands_after_ = 0;
}

void TwtReader::check_header() const {
  if (block_.tag != twt::block_tag) fail(block_offset_, no_block);
  const bool plausible = block_.records != 0 && block_.records <= twt::max_records_per_block &&
                         block_.operand_bytes <= block_.records * max_operand_bytes &&
                         block_.stored_bytes <= ZSTD_compressBound(block_.records + block_.operand_bytes);
  if (!plausible || block_.first_record != records_read_) fail(block_offset_, "damaged: an invalid block header");
}

/// Decompresses the block whose frame is next.
void TwtReader::decompress() {
  std::string_view frame = bytes_->peek(block_.stored_bytes);
  if (frame.size() < block_.stored_bytes) {
    fail(bytes_->offset() + frame.size(), "truncated: the .twt file ends inside a block");
  }
  frame = frame.substr(0, block_.stored_bytes);
  if (twt::block_checksum(block_, frame) != block_.checksum) {
    fail(block_offset_, fmt::format("damaged: the checksum of the block of records {} to {} is wrong",
                                    block_.first_record, block_.first_record + block_.records - 1));
  }
  const std::size_t expected = std::size_t{block_.records} + block_.operand_bytes;
  std::vector<char>& plain = scratch_->plain;
  make_room(plain, expected + TwtDecoder::operands_padding);
  const std::size_t bytes =
      ZSTD_decompressDCtx(scratch_->decompressor.get(), plain.data(), expected, frame.data(), frame.size());
  if (ZSTD_isError(bytes) || bytes != expected) fail(block_offset_, "damaged: the block does not decompress");
  bytes_->skip(block_.stored_bytes);
}

bool TwtReader::needs_next_part() const {
  return (codes_after_ != 0 && decoder_.records_left() == 0) ||
         (operands_after_ != 0 && decoder_.operands_left() < few_operands);
}

/// Decompresses the block into the shared buffer and keeps its next part: the same share of codes and operands, so that
/// both last about equally long.
void TwtReader::take_next_part() {
  const std::size_t codes = decoder_.records_left() + codes_after_;
  const std::size_t operands = decoder_.operands_left() + operands_after_;
  bytes_->seek(block_offset_ + sizeof(twt::BlockHeader));
  decompress();
  bytes_->rest();
  const std::size_t part_bytes = bytes_of_all_parts / static_cast<std::size_t>(scratch_.use_count());
  const std::size_t all = std::max(codes + operands, part_bytes);
  const std::size_t of_codes = std::min(codes, codes * part_bytes / all + 1);
  const std::size_t of_operands = std::min(operands, std::max(2 * few_operands, operands * part_bytes / all));
  make_room(part_, of_codes + of_operands + TwtDecoder::operands_padding);
  const char* const operands_end = scratch_->plain.data() + block_.records + block_.operand_bytes;
  std::memcpy(part_.data(), scratch_->plain.data() + block_.records - codes, of_codes);
  std::memcpy(part_.data() + of_codes, operands_end - operands, of_operands);
  decoder_.go_on({part_.data(), of_codes}, {part_.data() + of_codes, of_operands});
  codes_after_ = codes - of_codes;
  operands_after_ = operands - of_operands;
}

/// At the index, all blocks have been read. The footer must match what was read.
void TwtReader::finish_stream() {
  at_end_ = true;
  const std::uint64_t index_offset = bytes_->offset();
  std::string index = take(sizeof(twt::IndexHeader), "block index");
  const auto header = structure_from<twt::IndexHeader>(index);
  if (header.blocks > twt::max_blocks) fail(index_offset, "damaged: an invalid block index");
  index += take(header.blocks * sizeof(twt::IndexEntry), "block index");
  const std::uint64_t footer_offset = bytes_->offset();
  const auto footer = structure_from<twt::Footer>(take(sizeof(twt::Footer), "footer"));
  if (std::string_view(footer.magic, sizeof(footer.magic)) != twt::foot_magic ||
      footer.checksum != twt::footer_checksum(footer, index)) {
    fail(index_offset, "damaged: the checksum of block index and footer is wrong");
  }
  if (footer.records != records_read_) {
    fail(footer_offset,
         fmt::format("damaged: the footer says {} records, the blocks hold {}", footer.records, records_read_));
  }
  if (read_from_start_ && footer.records_checksum != checksum_.value()) {
    fail(footer_offset, "damaged: the checksum of all records is wrong");
  }
  if (!bytes_->peek(1).empty()) fail(bytes_->offset(), "damaged: bytes follow the footer");
  if (shares_) bytes_->rest();
}

bool TwtReader::skip_to(std::uint64_t record) {
  if (!bytes_->seekable()) return false;
  seek(std::min(record, *description_.records));
  return true;
}

void TwtReader::seek(std::uint64_t record_index) {
  if (!bytes_->seekable()) {
    throw InputError(fmt::format("{}: cannot seek: expected an uncompressed .twt file", bytes_->path()));
  }
  if (record_index > *description_.records) {
    throw InputError(fmt::format("{}: there is no record {}: the trace has {}", bytes_->path(), record_index,
                                 *description_.records));
  }
  checksum_.reset();
  read_from_start_ = record_index == 0;
  at_end_ = record_index == *description_.records;
  records_read_ = record_index;
  decoder_.start_block({}, {});
  codes_after_ = operands_after_ = 0;
  if (at_end_) return;
  const auto after =
      std::upper_bound(index_.begin(), index_.end(), record_index,
                       [](std::uint64_t record, const twt::IndexEntry& entry) { return record < entry.first_record; });
  const twt::IndexEntry& block = *(after - 1);
  bytes_->seek(block.offset);
  records_read_ = block.first_record;
  std::vector<Record> passed_over(batch_records);
  while (records_read_ < record_index) {
    const std::uint64_t left = record_index - records_read_;
    read_records(passed_over.data(), std::min<std::uint64_t>(left, passed_over.size()));
  }
}

}  // namespace tablewalk
