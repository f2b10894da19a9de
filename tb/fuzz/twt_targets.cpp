// The native format with checksums that are right, so that they keep nothing from what is behind them.
#include <zstd.h>

#include <cstring>
#include <vector>

#include "base/byte_source.h"
#include "fuzz/parser_target.h"
#include "fuzz/read_trace.h"
#include "trace/record_checksum.h"
#include "trace/twt_codec.h"
#include "trace/twt_format.h"
#include "trace/twt_reader.h"
#include "trace/twt_scratch.h"

namespace tablewalk::test {
namespace {

template <class Structure>
Structure structure_at(const std::string& bytes, std::size_t at) {
  Structure structure;
  std::memcpy(&structure, bytes.data() + at, sizeof structure);
  return structure;
}

template <class Structure>
void put_structure(std::string& bytes, std::size_t at, const Structure& structure) {
  std::memcpy(bytes.data() + at, &structure, sizeof structure);
}

template <class Structure>
void append(std::string& bytes, const Structure& structure) {
  bytes.append(reinterpret_cast<const char*>(&structure), sizeof structure);
}

bool holds(const std::string& bytes, std::size_t at, std::size_t count) {
  return at <= bytes.size() && bytes.size() - at >= count;
}

/// The file with the checksum of its header, of each block and of its index as it has them.
std::string with_right_checksums(std::string bytes) {
  if (!holds(bytes, 0, sizeof(twt::Header))) return bytes;
  std::size_t at = sizeof(twt::Header) + structure_at<twt::Header>(bytes, 0).provenance_bytes;
  if (!holds(bytes, at, sizeof(std::uint64_t))) return bytes;
  put_structure(bytes, at, checksum_of_bytes(bytes.data(), at));
  at += sizeof(std::uint64_t);
  while (holds(bytes, at, sizeof(twt::LayoutHeader))) {
    auto layout = structure_at<twt::LayoutHeader>(bytes, at);
    const std::size_t layout_frame = at + sizeof layout;
    if (layout.tag == twt::layout_tag && holds(bytes, layout_frame, layout.stored_bytes)) {
      layout.checksum = twt::layout_checksum(layout, std::string_view(bytes).substr(layout_frame, layout.stored_bytes));
      put_structure(bytes, at, layout);
      at = layout_frame + layout.stored_bytes;
      continue;
    }
    if (!holds(bytes, at, sizeof(twt::BlockHeader))) break;
    auto block = structure_at<twt::BlockHeader>(bytes, at);
    const std::size_t frame = at + sizeof block;
    if (block.tag != twt::block_tag || !holds(bytes, frame, block.stored_bytes)) break;
    block.checksum = twt::block_checksum(block, std::string_view(bytes).substr(frame, block.stored_bytes));
    put_structure(bytes, at, block);
    at = frame + block.stored_bytes;
  }
  if (!holds(bytes, at, sizeof(twt::Footer))) return bytes;
  const std::size_t footer_at = bytes.size() - sizeof(twt::Footer);
  auto footer = structure_at<twt::Footer>(bytes, footer_at);
  if (footer.index_offset > footer_at) return bytes;
  footer.checksum = twt::footer_checksum(
      footer, std::string_view(bytes).substr(footer.index_offset, footer_at - footer.index_offset));
  put_structure(bytes, footer_at, footer);
  return bytes;
}

/// A scratch with so many users that each reader gets a few bytes of its block at a time.
const std::shared_ptr<TwtScratch>& crowded_scratch() {
  static const auto scratch = std::make_shared<TwtScratch>();
  static const std::vector<std::shared_ptr<TwtScratch>> others(1 << 12, scratch);
  return scratch;
}

/// Reads the file in every way in which the native format is read. Whether the first one takes it.
bool read_in_every_way(const std::string& file_bytes, TraceContent& content) {
  const BytesAsFile file(file_bytes);
  const bool read = accepts([&] { content = read_trace(file.path(), "twt"); });
  TraceContent shared;
  const bool shared_read = accepts([&] { shared = read_trace(file.path(), "twt", crowded_scratch()); });
  if (read != shared_read) finding("read with a scratch of its own or a shared one only");
  const BytesAsFile pipe(file_bytes, BytesAsFile::Kind::Pipe);
  TraceContent piped;
  const bool pipe_read = accepts([&] { piped = read_trace(pipe.path(), "twt"); });
  if (!read) return false;
  if (!pipe_read) finding("read from a file and not from a pipe");
  for (const TraceContent* other : {&shared, &piped}) {
    if (other->records != content.records || other->checksum != content.checksum) finding("other records another way");
    if (!(other->layout == content.layout)) finding("another layout another way");
  }
  return true;
}

/// A record that is sought is the record that is read there, unless the file is refused.
void seek_in(const std::string& file_bytes, const TraceContent& content) {
  const BytesAsFile file(file_bytes);
  TwtReader reader(std::make_unique<ByteSource>(file.path()));
  const std::size_t records = content.records.size();
  for (const std::size_t place : {records, records / 2, std::size_t{0}}) {
    Record found;
    std::size_t count = 0;
    if (!accepts([&] {
          reader.seek(place);
          count = reader.read(&found, 1);
        })) {
      continue;
    }
    if (count != (place < records ? 1 : 0)) finding("seeking changes where the trace ends");
    if (count == 1 && !(found == content.records[place])) finding("seeking finds another record");
  }
}

struct Block {
  bool dependences = false;
  std::string codes;
  std::string operands;
};

/// Two bytes say how many codes there are, and one bit whether there are dependences.
Block block_of(std::string_view bytes) {
  std::uint16_t head = 0;
  std::memcpy(&head, bytes.data(), sizeof head);
  bytes.remove_prefix(sizeof head);
  const std::size_t codes = std::min<std::size_t>(head >> 1, bytes.size());
  return {(head & 1) != 0, std::string(bytes.substr(0, codes)), std::string(bytes.substr(codes))};
}

/// Whether the block is a good one: decoded in steps of so many records, and each step from bytes of its own.
bool decode(const Block& block, TwtPredictor::Memory memory, std::size_t step, std::vector<Record>& records) {
  const std::vector<char> codes(block.codes.begin(), block.codes.end());
  std::vector<char> operands(block.operands.begin(), block.operands.end());
  operands.resize(operands.size() + TwtDecoder::operands_padding);
  TwtDecoder decoder(memory);
  decoder.allow_distances(block.dependences);
  decoder.start_block({codes.data(), codes.size()}, {operands.data(), block.operands.size()});
  records.resize(codes.size());
  for (std::size_t done = 0; done < records.size();) {
    const std::size_t count = std::min(step, records.size() - done);
    if (!decoder.decode(records.data() + done, count)) return false;
    done += count;
  }
  return decoder.operands_left() == 0;
}

/// A whole file around the block.
std::string file_of(const Block& block, const std::vector<Record>& records) {
  twt::Header head{};
  std::memcpy(head.magic, twt::head_magic.data(), sizeof head.magic);
  head.version = block.dependences ? twt::version_with_dependences : twt::version;
  std::string file;
  append(file, head);
  append(file, checksum_of_bytes(file.data(), file.size()));
  const std::string plain = block.codes + block.operands;
  std::string frame(ZSTD_compressBound(plain.size()), '\0');
  frame.resize(ZSTD_compress(frame.data(), frame.size(), plain.data(), plain.size(), 1));
  twt::BlockHeader header{twt::block_tag,
                          static_cast<std::uint32_t>(block.codes.size()),
                          static_cast<std::uint32_t>(block.operands.size()),
                          static_cast<std::uint32_t>(frame.size()),
                          0,
                          0};
  const twt::IndexEntry entry{file.size(), 0};
  append(file, header);
  file += frame;
  twt::Footer footer{};
  footer.index_offset = file.size();
  footer.records = block.codes.size();
  RecordChecksum checksum;
  checksum.add(records.data(), records.size());
  footer.records_checksum = checksum.value();
  std::memcpy(footer.magic, twt::foot_magic.data(), sizeof footer.magic);
  append(file, twt::IndexHeader{twt::index_tag, 1});
  append(file, entry);
  append(file, footer);
  return with_right_checksums(file);
}

void encode_and_decode_again(const Block& block, const std::vector<Record>& records) {
  TwtEncoder encoder(records.size());
  encoder.start_block();
  encoder.encode(records.data(), records.size());
  const Block again{block.dependences, std::string(encoder.codes()), std::string(encoder.operands())};
  std::vector<Record> decoded;
  if (!decode(again, TwtPredictor::Memory::Fast, 1, decoded)) finding("what the encoder makes is no good block");
  if (decoded != records) finding("encoding changes records");
}

}  // namespace

bool run_twt(std::string_view bytes) {
  const std::string file = with_right_checksums(std::string(bytes));
  TraceContent content;
  if (!read_in_every_way(file, content)) return false;
  seek_in(file, content);
  write_and_read_again(content);
  return true;
}

bool run_twt_block(std::string_view bytes) {
  if (bytes.size() < 3) return false;
  const Block block = block_of(bytes);
  if (block.codes.empty()) return false;
  std::vector<Record> records;
  const bool good = decode(block, TwtPredictor::Memory::Fast, block.codes.size(), records);
  std::vector<Record> in_steps;
  if (decode(block, TwtPredictor::Memory::Small, 7, in_steps) != good) finding("a block is good or not by its steps");
  TraceContent content;
  const std::string file = file_of(block, records);
  if (read_in_every_way(file, content) != good) finding("the reader and its decoder disagree whether a block is good");
  if (!good) return false;
  if (in_steps != records || content.records != records) finding("a block has other records in other steps");
  encode_and_decode_again(block, records);
  seek_in(file, content);
  return true;
}

}  // namespace tablewalk::test
