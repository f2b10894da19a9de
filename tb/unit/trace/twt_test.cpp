// The native format: round trips are exact, and damage is always detected.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "trace/twt_codec.h"
#include "trace/twt_format.h"
#include "trace/twt_reader.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::twt_test {
namespace {

using test::random_records;
using test::read_file;
using test::write_records;
using ::testing::HasSubstr;

class Twt : public test::TraceTest {
 protected:
  /// 5000 records in blocks of 700.
  std::string good_file() const {
    TraceWriterOptions options;
    options.provenance = "made for a test";
    options.records_per_block = 700;
    write_records(path("good.twt"), random_records(7, 5000), options);
    return test::content_of(path("good.twt"));
  }

  std::string error_of_content(const std::string& content) const {
    return test::error_of(make_file("bad.twt", content), "twt");
  }
};

TEST_F(Twt, RandomRecordsComeBackWhateverTheBlockSize) {
  const std::uint64_t seed = test::printed_seed();
  for (const std::uint32_t per_block : {1u, 2u, 999u, 20000u, 1u << 20}) {
    const auto records = random_records(seed + per_block, std::min(20000u, 300 * per_block));
    TraceWriterOptions options;
    options.records_per_block = per_block;
    write_records(path("a.twt"), records, options);
    EXPECT_EQ(read_file(path("a.twt")), records) << per_block << " per block";
  }
}

TEST_F(Twt, DamageOfIndexAndFooterIsNoticedBeforeARecordIsRead) {
  std::string content = good_file();
  content[content.size() - sizeof(twt::Footer) + offsetof(twt::Footer, checksum)] ^= 1;
  make_file("bad.twt", content);
  try {
    open_trace(path("bad.twt"));
    ADD_FAILURE() << "it was opened";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("damaged: the checksum of block index and footer is wrong"));
  }
}

TEST_F(Twt, MoreShapesThanTheDictionaryHoldsComeBack) {
  std::vector<Record> records;
  for (unsigned i = 0; i < 3 * 6000; ++i) {
    records.push_back(test::record(i * 64, 1 + i % 4096, RecordKind::Load, static_cast<AddressSpaceId>(i % 6000)));
  }
  write_records(path("a.twt"), records);
  EXPECT_EQ(read_file(path("a.twt")), records);
}

/// Sets a distance on data accesses that may have one.
std::vector<Record> with_distances(std::vector<Record> records) {
  std::uint16_t distance = 0;
  for (Record& one : records) {
    if (!is_event(one.kind) && one.kind != RecordKind::Fetch) one.distance = distance += 7919;
  }
  return records;
}

TEST_F(Twt, DistancesComeBackInVersionTwo) {
  const auto records = with_distances(random_records(test::printed_seed(), 5000));
  TraceWriterOptions options;
  options.dependences = true;
  write_records(path("a.twt"), records, options);
  EXPECT_EQ(test::content_of(path("a.twt"))[offsetof(twt::Header, version)], 2);
  const auto reader = open_trace(path("a.twt"));
  EXPECT_TRUE(reader->description().dependences);
  EXPECT_EQ(test::read_all(*reader, 100), records);
}

TEST_F(Twt, ATraceThatDoesNotKnowDependencesIsOfVersionOneAndHoldsNone) {
  const auto records = random_records(3, 500);
  write_records(path("a.twt"), records);
  EXPECT_EQ(test::content_of(path("a.twt"))[offsetof(twt::Header, version)], 1);
  EXPECT_FALSE(open_trace(path("a.twt"))->description().dependences);
  EXPECT_THROW(write_records(path("b.twt"), with_distances(records)), InputError);
  EXPECT_THROW(write_records(path("b.txt"), with_distances(records)), InputError);
}

TEST_F(Twt, DependencesThatAreKnownToBeNoneCostNoByte) {
  const auto records = random_records(3, 5000);
  TraceWriterOptions options;
  write_records(path("unknown.twt"), records, options);
  options.dependences = true;
  write_records(path("none.twt"), records, options);
  std::vector<Record> chain(5000);
  std::vector<Record> apart(5000);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    apart[i] = chain[i] = test::record(64 * (i * i % 977), 8, RecordKind::Load);
    chain[i].distance = 1;
  }
  write_records(path("apart.twt"), apart, options);
  write_records(path("chain.twt"), chain, options);
  EXPECT_EQ(test::content_of(path("none.twt")).size(), test::content_of(path("unknown.twt")).size());
  EXPECT_LE(test::content_of(path("chain.twt")).size(), test::content_of(path("apart.twt")).size() + 16);
}

TEST_F(Twt, DescribesItselfWhenItIsOpened) {
  good_file();
  const auto reader = open_trace(path("good.twt"));
  EXPECT_EQ(reader->description().format, "twt");
  EXPECT_EQ(reader->description().provenance, "made for a test");
  EXPECT_EQ(reader->description().records, 5000u);
}

/// A checksum does not protect against an inconsistent index: a faulty writer also writes its checksum.
TEST_F(Twt, BlocksOutOfOrderInTheIndexAreRefused) {
  std::string file = good_file();
  const std::size_t footer_at = file.size() - sizeof(twt::Footer);
  twt::Footer footer;
  std::memcpy(&footer, file.data() + footer_at, sizeof(footer));
  const std::size_t entries_at = footer.index_offset + sizeof(twt::IndexHeader);
  ASSERT_GE(footer_at - entries_at, 3 * sizeof(twt::IndexEntry)) << "blocks enough";
  std::swap_ranges(file.begin() + static_cast<std::ptrdiff_t>(entries_at + sizeof(twt::IndexEntry)),
                   file.begin() + static_cast<std::ptrdiff_t>(entries_at + 2 * sizeof(twt::IndexEntry)),
                   file.begin() + static_cast<std::ptrdiff_t>(entries_at + 2 * sizeof(twt::IndexEntry)));
  footer.checksum =
      twt::footer_checksum(footer, std::string_view(file).substr(footer.index_offset, footer_at - footer.index_offset));
  std::memcpy(file.data() + footer_at, &footer, sizeof(footer));
  EXPECT_THAT(error_of_content(file), HasSubstr("the block index is not in ascending order"));
}

TEST_F(Twt, SeekMakesAnyRecordTheNext) {
  good_file();
  const auto records = random_records(7, 5000);
  TwtReader reader(std::make_unique<ByteSource>(path("good.twt")));
  EXPECT_EQ(reader.blocks(), 8u);
  for (const std::size_t index : {4999u, 0u, 699u, 700u, 701u, 2345u, 4200u}) {
    reader.seek(index);
    const std::vector<Record> expected(records.begin() + static_cast<std::ptrdiff_t>(index), records.end());
    EXPECT_EQ(test::read_all(reader), expected) << "from record " << index;
  }
  reader.seek(5000);
  Record record;
  EXPECT_EQ(reader.read(&record, 1), 0u);
  EXPECT_THROW(reader.seek(5001), InputError);
}

/// A scratch apparently shared by that many readers: more readers get smaller parts of a block.
std::vector<std::shared_ptr<TwtScratch>> shared_by(std::size_t readers) {
  return std::vector<std::shared_ptr<TwtScratch>>(readers, std::make_shared<TwtScratch>());
}

TEST_F(Twt, ReadersThatShareMemoryInTurnReadWhatIsThere) {
  std::mt19937_64 random(test::printed_seed());
  TraceWriterOptions options;
  options.records_per_block = 60000;
  for (const std::size_t sharing : {1U, 8U, 100U, 5000U}) {
    const auto shared = shared_by(sharing);
    std::vector<std::vector<Record>> expected;
    std::vector<std::vector<Record>> read(3);
    std::vector<std::unique_ptr<TraceReader>> readers;
    for (std::size_t i = 0; i < read.size(); ++i) {
      expected.push_back(random_records(random(), 100000));
      write_records(path(std::to_string(i) + ".twt"), expected[i], options);
      readers.push_back(open_trace(path(std::to_string(i) + ".twt"), "auto", shared.front()));
    }
    std::vector<Record> batch(5000);
    std::size_t turns_without = 0;
    while (turns_without < 100) {  // all have ended
      const std::size_t i = random() % readers.size();
      const std::size_t count = readers[i]->read(batch.data(), 1 + random() % batch.size());
      read[i].insert(read[i].end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
      turns_without = count == 0 ? turns_without + 1 : 0;
    }
    EXPECT_EQ(read, expected) << sharing << " readers";
  }
}

TEST_F(Twt, AReaderThatSharesMemorySeeksAndNoticesDamage) {
  std::string content = good_file();
  const auto records = random_records(7, 5000);
  const auto shared = shared_by(5000);
  TwtReader reader(std::make_unique<ByteSource>(path("good.twt")), shared.front());
  for (const std::size_t index : {4999U, 0U, 701U, 2345U}) {
    reader.seek(index);
    const std::vector<Record> expected(records.begin() + static_cast<std::ptrdiff_t>(index), records.end());
    EXPECT_EQ(test::read_all(reader), expected) << "from record " << index;
  }
  for (std::size_t at = 0; at < content.size(); at += 1 + at % 53) {
    content[at] = static_cast<char>(content[at] ^ 0x41);
    EXPECT_THROW(test::read_all(*open_trace(make_file("bad.twt", content), "twt", shared.front())), InputError) << at;
    content[at] = static_cast<char>(content[at] ^ 0x41);
  }
  const std::string compressed = make_file("a.twt.xz", test::compressed(content, "xz"));
  EXPECT_EQ(test::read_all(*open_trace(compressed, "auto", shared.front())), records) << "it cannot seek";
}

TEST_F(Twt, SeekInACompressedFileIsRefused) {
  TwtReader reader(std::make_unique<ByteSource>(make_file("a.twt.xz", test::compressed(good_file(), "xz"))));
  EXPECT_THROW(reader.seek(1), InputError);
}

TEST_F(Twt, EveryCutIsNoticed) {
  const std::string good = good_file();
  for (std::size_t length = 1; length < good.size(); length += 1 + length % 37) {
    EXPECT_NE(error_of_content(good.substr(0, length)), "") << "cut after " << length << " bytes";
  }
  EXPECT_THAT(error_of_content(good.substr(0, good.size() - 1)), HasSubstr("truncated"));
  EXPECT_THAT(error_of_content(good.substr(0, 10)), HasSubstr("truncated: the .twt file ends inside its header"));
}

TEST_F(Twt, EveryCutOfACompressedStreamIsNoticed) {
  const std::string good = good_file();
  for (std::size_t length = 1; length < good.size(); length += 1 + length % 97) {
    const std::string path = make_file("cut.twt.zst", test::compressed(good.substr(0, length), "zstd"));
    EXPECT_NE(test::error_of(path, "twt"), "") << "cut after " << length << " bytes";
  }
}

TEST_F(Twt, EveryChangedByteIsNoticed) {
  const std::string good = good_file();
  for (std::size_t at = 0; at < good.size(); at += 1 + at % 53) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    EXPECT_NE(error_of_content(bad), "") << "byte " << at;
  }
}

TEST_F(Twt, AChangedBlockIsNamedByItsRecords) {
  std::string bad = good_file();
  const std::size_t second_block = bad.find("BLK1", bad.find("BLK1") + 4);
  bad[second_block + sizeof(twt::BlockHeader) + 5] ^= 1;
  EXPECT_THAT(error_of_content(bad), HasSubstr("the checksum of the block of records 700 to 1399 is wrong"));
  EXPECT_THAT(error_of_content(bad), HasSubstr("bad.twt: byte " + std::to_string(second_block) + ":"));
}

TEST_F(Twt, AnotherVersionIsRefused) {
  std::string bad = good_file();
  bad[offsetof(twt::Header, version)] = 9;
  EXPECT_THAT(error_of_content(bad), HasSubstr(".twt version 9: expected version 1 to 4"));
}

TEST_F(Twt, AFileWithoutItsIndexIsRefused) {
  const std::string good = good_file();
  EXPECT_THAT(error_of_content(good.substr(0, good.rfind("IDX1"))), HasSubstr("does not end with its footer"));
}

TEST_F(Twt, BytesAfterTheFooterAreRefused) {
  EXPECT_NE(error_of_content(good_file() + "x"), "");
}

TEST_F(Twt, NothingStandsUnderTheNameUntilTheTraceIsFinished) {
  const auto records = random_records(1, 10);
  {
    const auto writer = make_trace_writer(path("a.twt"));
    writer->write(records.data(), records.size());
    EXPECT_FALSE(std::filesystem::exists(path("a.twt")));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "an unfinished writer leaves its temporary file";
}

TEST_F(Twt, ImpossibleRecordsAreNotWritten) {
  for (const Record& bad :
       {test::record(0, 0, RecordKind::Load), test::record(0, 4097, RecordKind::Load),
        test::record(~std::uint64_t{0}, 2, RecordKind::Load), test::record(0x1000, 8, RecordKind::InvalidatePage),
        test::supervisor(test::invalidate_page(0x1000)), test::record(0x1000, 0, RecordKind::InvalidateAsid, 1),
        test::record(0x1000, 0, RecordKind::InvalidateAll), test::record(0, 0, RecordKind::InvalidateAll, 1),
        test::record(0x1000, 0, RecordKind::Thread, 1), test::record(0, 8, RecordKind::Thread, 1),
        test::record(0, 8, static_cast<RecordKind>(record_kinds))}) {
    EXPECT_THROW(write_records(path("a.twt"), {bad}), InputError);
  }
}

/// Whether a block whose first record has that shape and address is accepted.
bool is_decoded(std::uint64_t shape, std::uint64_t address) {
  std::string operands(2, '\0');  // the first shape of the block
  operands.append(reinterpret_cast<const char*>(&shape), sizeof(shape));
  const std::uint64_t zigzag = address << 1;
  operands.append(reinterpret_cast<const char*>(&zigzag), sizeof(zigzag));
  const std::size_t length = operands.size();
  operands.append(TwtDecoder::operands_padding, '\0');
  const std::string codes(1, static_cast<char>(twt_code::explicit_shape | twt_code::explicit_address | 7 << 4));
  TwtDecoder decoder;
  Record record;
  decoder.start_block(codes, std::string_view(operands).substr(0, length));
  return decoder.decode(&record, 1) && decoder.operands_left() == 0;
}

std::uint64_t shape(std::uint64_t size, std::uint64_t kind, std::uint64_t privilege, std::uint64_t asid) {
  return size | kind << 32 | privilege << 40 | asid << 48;
}

TEST_F(Twt, WhatNoRecordCanBeIsNotDecoded) {
  EXPECT_TRUE(is_decoded(shape(8, 1, 1, 5), 0x1000));
  EXPECT_FALSE(is_decoded(shape(8, 1, 2, 5), 0x1000)) << "a third privilege";
  EXPECT_FALSE(is_decoded(shape(0, 1, 0, 5), 0x1000));
  EXPECT_FALSE(is_decoded(shape(8 | 1 << 16, 1, 1, 5), 0x1000)) << "a distance, in version 1";
  EXPECT_TRUE(is_decoded(shape(0, 4, 0, 5), 0x1000));
  EXPECT_FALSE(is_decoded(shape(8, 4, 0, 5), 0x1000)) << "an event with a size";
  EXPECT_FALSE(is_decoded(shape(0, 4, 1, 5), 0x1000)) << "an event with a privilege";
  EXPECT_TRUE(is_decoded(shape(0, 5, 0, 5), 0));
  EXPECT_FALSE(is_decoded(shape(0, 5, 0, 5), 0x1000)) << "an address that is not asked for";
  EXPECT_TRUE(is_decoded(shape(0, 6, 0, 0), 0));
  EXPECT_FALSE(is_decoded(shape(0, 6, 0, 5), 0)) << "an address space that is not asked for";
  EXPECT_TRUE(is_decoded(shape(0, 24, 0, 5), 0)) << "the number of Thread events is a part of the format";
  EXPECT_FALSE(is_decoded(shape(0, 24, 0, 5), 0x1000)) << "a thread with an address";
  EXPECT_FALSE(is_decoded(shape(0, static_cast<std::uint8_t>(record_kinds), 0, 0), 0)) << "an unknown kind";
}

/// Such a block has a right checksum if somebody wants it to.
TEST_F(Twt, ARecordLikeTheOneBeforeIsNotDecodedWhereThereWasNone) {
  for (const char code : {0, 1, 2, 3, 4}) {
    const std::string codes(1, code);
    const std::string operands(1 + TwtDecoder::operands_padding, '\x10');
    TwtDecoder decoder;
    Record record;
    decoder.start_block(codes, std::string_view(operands).substr(0, 1));
    EXPECT_FALSE(decoder.decode(&record, 1)) << "code " << int{code};
  }
}

TEST_F(Twt, OptionsOutOfRangeAreRefused) {
  TraceWriterOptions options;
  options.level = 20;
  EXPECT_THROW(write_records(path("a.twt"), {}, options), InputError);
  options = {};
  options.records_per_block = 0;
  EXPECT_THROW(write_records(path("a.twt"), {}, options), InputError);
}

TEST_F(Twt, AnUnwritableOutputIsOneClearError) {
  try {
    make_trace_writer(path("no/such/folder.twt"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("folder.twt: cannot write: No such file or directory"));
  }
  EXPECT_THROW(make_trace_writer(path("a.dat")), InputError);
}

TEST_F(Twt, ATraceOfNoRecordsIsOne) {
  write_records(path("a.twt"), {});
  EXPECT_TRUE(read_file(path("a.twt")).empty());
}

}  // namespace
}  // namespace tablewalk::twt_test
