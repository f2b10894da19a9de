#include "cli/wave_view.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "cli/terminal.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view first_line = "[*] tablewalk: a view of the walker's signals";

/// The codes of a type of rtl/tablewalk_pkg.sv, from 0 on.
struct Codes {
  const char* name;
  std::vector<const char*> meanings;
};

const std::array<Codes, 6>& all_codes() {
  static const std::array<Codes, 6> codes{
      {{"mode", {"radix", "x86-32", "x86-pae", "x86-64", "x86-la57", "sv32", "sv39", "sv48", "sv57"}},
       {"access", {"fetch", "load", "store"}},
       {"fault",
        {"none", "reserved", "pointer at leaf", "misaligned", "permission", "not accessed", "not dirty", "read failed",
         "out of range", "killed", "second stage", "not present", "non-canonical", "protection key", "page"}},
       {"operation", {"read", "compare-and-swap"}},
       {"pointers", {"none", "on the way", "every"}},
       {"slot", {"idle", "looks up", "wants memory", "waits for memory", "wants answer", "closes"}}}};
  return codes;
}

struct Signal {
  const char* name;
  const char* range;  ///< as the wave has it; empty: one bit
  const char* codes;  ///< of all_codes(); nullptr: a number
};
struct Group {
  const char* name;
  std::vector<Signal> signals;
};

/// Ports with one width in every walker; GTKWave finds others by their names without a range.
const std::vector<Group>& groups() {
  static const std::vector<Group> all{{"request",
                                       {{"req_valid_i", "", nullptr},
                                        {"req_ready_o", "", nullptr},
                                        {"req_vpn_i", "[51:0]", nullptr},
                                        {"req_access_i", "[1:0]", "access"},
                                        {"req_mode_i", "[3:0]", "mode"},
                                        {"req_root_i", "[55:0]", nullptr},
                                        {"req_asid_i", "[15:0]", nullptr},
                                        {"req_priv_i", "", nullptr}}},
                                      {"memory",
                                       {{"mem_req_valid_o", "", nullptr},
                                        {"mem_req_ready_i", "", nullptr},
                                        {"mem_req_op_o", "", "operation"},
                                        {"mem_req_addr_o", "[55:0]", nullptr},
                                        {"mem_rsp_valid_i", "", nullptr},
                                        {"mem_rsp_data_i", "[63:0]", nullptr}}},
                                      {"response",
                                       {{"rsp_valid_o", "", nullptr},
                                        {"rsp_ready_i", "", nullptr},
                                        {"rsp_fault_o", "[3:0]", "fault"},
                                        {"rsp_frame_o", "[43:0]", nullptr},
                                        {"rsp_page_shift_o", "[5:0]", nullptr},
                                        {"rsp_entry_o", "[63:0]", nullptr}}},
                                      {"invalidation",
                                       {{"inv_valid_i", "", nullptr},
                                        {"inv_ready_o", "", nullptr},
                                        {"inv_all_i", "", nullptr},
                                        {"inv_vaddr_valid_i", "", nullptr},
                                        {"inv_vaddr_i", "[63:0]", nullptr},
                                        {"inv_pointers_i", "[1:0]", "pointers"}}},
                                      {"events",
                                       {{"ev_walk_o", "", nullptr},
                                        {"ev_merge_o", "", nullptr},
                                        {"ev_cache_lookup_o", "", nullptr},
                                        {"ev_cache_hit_o", "[7:0]", nullptr},
                                        {"ev_read_o", "[7:0]", nullptr},
                                        {"ev_update_o", "", nullptr},
                                        {"idle_o", "", nullptr}}}};
  return all;
}

/// GTKWave's flags of a line.
namespace flags {
constexpr unsigned hexadecimal = 0x22;
constexpr unsigned binary = 0x28;
constexpr unsigned names_from_file = 0x2000;
constexpr unsigned group_begins = 0x800200;
constexpr unsigned group_ends = 0x1000200;
}  // namespace flags

std::string folder_of(const std::string& view) {
  return fs::absolute(view + ".names").lexically_normal().string();
}

std::string codes_file(const std::string& view, const std::string& codes) {
  return folder_of(view) + "/" + codes + ".txt";
}

void add_signal(std::string& text, const std::string& view, const std::string& name, const char* codes, bool one_bit) {
  const unsigned look = one_bit && codes == nullptr ? flags::binary : flags::hexadecimal;
  text += fmt::format("@{:x}\n", codes == nullptr ? look : look | flags::names_from_file);
  if (codes != nullptr) text += fmt::format("^1 {}\n", codes_file(view, codes));
  text += name + "\n";
}

template <class AddSignals>
void add_group(std::string& text, const std::string& name, AddSignals&& add_signals) {
  text += fmt::format("@{:x}\n-{}\n", flags::group_begins, name);
  add_signals();
  text += fmt::format("@{:x}\n-{}\n", flags::group_ends, name);
}

std::string view_text(const std::string& wave, const std::string& view, unsigned slots) {
  std::string text = fmt::format("{}\n[dumpfile] \"{}\"\n@28\nwalker.clk_i\n", first_line,
                                 fs::absolute(wave).lexically_normal().string());
  for (const Group& group : groups()) {
    add_group(text, group.name, [&] {
      for (const Signal& signal : group.signals) {
        const bool one_bit = *signal.range == '\0';
        add_signal(text, view, fmt::format("walker.{}{}", signal.name, signal.range), signal.codes, one_bit);
      }
    });
  }
  if (slots == 0) return text;
  add_group(text, "slots", [&] {
    for (unsigned slot = 0; slot < slots; ++slot) {
      add_signal(text, view, fmt::format("walker.walker.u_states.state_q[{}][2:0]", slot), "slot", false);
    }
  });
  return text;
}

bool is_of_others(const std::string& view) {
  std::ifstream there(view);
  std::string line;
  return there.is_open() && !(std::getline(there, line) && line == first_line);
}

}  // namespace

std::string wave_view_path(const std::string& wave) {
  return fs::path(wave).replace_extension(".gtkw").string();
}

void write_wave_view(const std::string& wave, const WalkerConfig& walker) {
  const std::string view = wave_view_path(wave);
  if (is_of_others(view)) {
    print_warning(fmt::format("{} stays as it is: not written by tablewalk", view));
    return;
  }
  const unsigned slots = walker.kind == WalkerKind::Foreign ? 0 : walker.walkers;
  create_folder(folder_of(view));
  for (const Codes& codes : all_codes()) {
    std::string text;
    for (std::size_t code = 0; code < codes.meanings.size(); ++code) {
      text += fmt::format("{:x} {}\n", code, codes.meanings[code]);
    }
    write_text_file(codes_file(view, codes.name), text);
  }
  write_text_file(view, view_text(wave, view, slots));
}

}  // namespace tablewalk
