#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"

namespace tablewalk::page_sizes_test {
namespace {

constexpr std::uint64_t lower_latency = 20;

TlbConfig four_entries(std::vector<ByteSize> page_sizes) {
  TlbConfig config;
  config.arrays[0].page_sizes = std::move(page_sizes);
  config.arrays[0].entries = 4;
  config.arrays[0].ways = 0;
  return config;
}

/// A TLB that holds pages of some sizes, over a translator that answers every request with one page.
struct OnePage {
  OnePage(const std::string& mode_name, std::vector<ByteSize> sizes, PhysicalAddress page, unsigned page_shift)
      : mode(make_paging_mode(mode_name)), tlb("tlb", four_entries(std::move(sizes)), *mode, 1) {
    client.translator_side.socket.bind(tlb.cpu_side(0));
    tlb.walker_side.socket.bind(lower.tlb_side());
    lower.decide = [page, page_shift](const TranslationRequest&) {
      Answer answer;
      answer.translation.page = page;
      answer.translation.page_shift = static_cast<std::uint8_t>(page_shift);
      return answer;
    };
  }

  std::shared_ptr<const PagingMode> mode;
  FirstLevelTlb tlb;
  FakeTranslator lower{"lower", Cycles(lower_latency)};
  TranslationClient client{"client"};
  Script script{"script"};
};

TEST(FirstLevelTlb, PageTooLargeForItsArraysIsKeptInParts) {
  OnePage bench("x86-64", {ByteSize{4096}}, PhysicalAddress(0x600000), 21);
  TranslationClient& client = bench.client;
  bench.script.at(5, [&client] { client.ask_now(0x203008); });
  bench.script.at(50, [&client] { client.ask_now(0x203010); });
  bench.script.at(51, [&client] { client.ask_now(0x204000); });
  sc_core::sc_start();
  EXPECT_TRUE(client.all()[1].at_once);
  EXPECT_EQ(client.all()[1].request.answer.translation.physical(VirtualAddress(0x203010)), PhysicalAddress(0x603010));
  EXPECT_FALSE(client.all()[2].at_once);
}

/// Accesses three addresses of one 64 KiB page of Sv39, the last one much later; true for hits.
std::vector<bool> hits_in_a_napot_page(std::vector<ByteSize> sizes) {
  OnePage bench("sv39", std::move(sizes), PhysicalAddress(0x670000), 16);
  TranslationClient& client = bench.client;
  const std::vector<std::uint64_t> places{0x345008, 0x345010, 0x34fff8};
  for (std::size_t i = 0; i < places.size(); ++i) {
    bench.script.at(5 + 50 * i, [&client, va = places[i]] { client.ask_now(va); });
  }
  sc_core::sc_start();
  std::vector<bool> hits;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Translation& translation = client.all()[i].request.answer.translation;
    EXPECT_EQ(translation.physical(VirtualAddress(places[i])).value(), places[i] - 0x340000 + 0x670000);
    hits.push_back(client.all()[i].at_once);
  }
  return hits;
}

TEST(FirstLevelTlb, A64KPageIsOneEntryWhereTheArrayHoldsThatSize) {
  EXPECT_EQ(hits_in_a_napot_page({}), (std::vector<bool>{false, true, true}));
}

TEST(FirstLevelTlb, A64KPageIsKeptInPartsWhereTheArrayDoesNotHoldThatSize) {
  EXPECT_EQ(hits_in_a_napot_page({ByteSize{4096}, ByteSize{2 << 20}}), (std::vector<bool>{false, true, false}));
}

}  // namespace
}  // namespace tablewalk::page_sizes_test
