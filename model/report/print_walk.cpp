#include "report/print_walk.h"

#include <fmt/format.h>

#include <sstream>

#include "base/text.h"
#include "base/units.h"
#include "report/walk_json.h"
#include "report/walk_words.h"

namespace tablewalk {
namespace {

constexpr std::size_t walk_width = 96;
constexpr std::size_t name_width = 13;  ///< of a field's name, if each has its own line

class WalkPrinter {
 public:
  WalkPrinter(const WalkReport& report, const PrintOptions& options, std::ostream& out)
      : mode_(*report.mode), report_(report), options_(options), out_(out) {}

  void print() {
    print_root();
    for (const WalkSteps& walk : report_.walks) {
      print_address(walk);
      print_hints(walk);
      for (const WalkStep& step : walk.steps) print_step(step);
      out_ << '\n';
      walk.outcome.translated ? print_answer(walk) : print_fault(walk);
    }
  }

 private:
  std::string strong(const std::string& text) const { return options_.colour ? "\033[1m" + text + "\033[0m" : text; }
  const std::string& table_name(unsigned level) const { return mode_.level(level).name; }

  void print_root() {
    const std::string levels = fmt::format("{} {}, ", mode_.levels(), mode_.levels() == 1 ? "level" : "levels");
    out_ << mode_.name() << ", " << (mode_.is_radix() ? levels : "") << report_.source << '\n';
    const RootRegister root = mode_.decode_root(report_.root_value);
    out_ << mode_.root_register() << ' ' << hex(report_.root_value) << ": " << mode_.describe_root(root) << '\n';
    print_fields(mode_.root_fields(), report_.root_value, 2);
  }

  /// What hint tables say, a line for each. The walk below it is one without.
  void print_hints(const WalkSteps& walk) {
    std::istringstream lines(walk.hints);
    if (!walk.hints.empty()) out_ << '\n';
    for (std::string line; std::getline(lines, line);) out_ << "  " << line << '\n';
  }

  /// The address with its bits, in columns.
  void print_address(const WalkSteps& walk) {
    out_ << '\n'
         << strong(hex(walk.va.value())) << ", " << to_string(walk.access.kind) << " at "
         << privilege_name(walk.access.user) << " privilege\n\n";
    std::string bits = "  bits  ";
    std::string names = "        ";
    std::string values = "  value ";
    std::string binary = "        ";
    for (const AddressPart& part : split_address(mode_, walk.va)) {
      const bool is_index = part.name != "high" && part.name != "offset";
      const std::string value = is_index ? std::to_string(part.value) : hex(part.value);
      const std::string digits = fmt::format("{:0{}b}", part.value, part.high - part.low + 1);
      const std::string range = bits_text(part.high, part.low);
      const std::size_t width = std::max({value.size(), digits.size(), range.size(), part.name.size()}) + 2;
      bits += pad_right(range, width);
      names += pad_right(part.name, width);
      values += pad_right(value, width);
      binary += pad_right(digits, width);
    }
    for (std::string* line : {&bits, &names, &values, &binary}) {
      line->erase(line->find_last_not_of(' ') + 1);
      out_ << *line << '\n';
    }
  }

  void print_step(const WalkStep& step) {
    if (mode_.is_radix()) {
      out_ << "\n  " << table_name(step.level) << " entry " << step.index << " at " << hex(step.entry_address.value())
           << ": " << strong(hex_entry(mode_, step.entry)) << '\n';
      print_fields(mode_.entry_fields(step.entry, step.level), step.entry, 4);
    } else {
      print_words(step);
    }
    const std::vector<std::string> set = marks(mode_, step);
    if (!set.empty()) out_ << "    the walk would set " << fmt::format("{}", fmt::join(set, " and ")) << '\n';
    if (step.image == ImageHolds::LeftOut) out_ << "    the image does not include this page: read as zeros\n";
    out_ << "    -> " << consequence(mode_, step) << '\n';
  }

  /// All that was read, and the entry among it.
  void print_words(const WalkStep& step) {
    out_ << "\n  " << table_name(step.level) << ", " << step.place << ": " << step.holds << '\n';
    const bool has_entry = step.view.kind == EntryView::Kind::Leaf || step.view.kind == EntryView::Kind::Malformed;
    if (options_.explain) {
      for (const std::uint64_t word : step.words) out_ << "    " << hex_entry(mode_, word) << '\n';
    }
    if (!has_entry) return;
    out_ << "    entry at " << hex(step.entry_address.value()) << ": " << strong(hex_entry(mode_, step.entry)) << '\n';
    print_fields(mode_.entry_fields(step.entry, step.level), step.entry, 4);
  }

  /// A few per line as `NAME=value`, or with `explain` one per line.
  void print_fields(const std::vector<BitField>& fields, std::uint64_t value, std::size_t indent) {
    const std::uint64_t other = other_bits(fields, value);
    if (options_.explain) return print_field_lines(fields, value, other, indent);
    std::vector<std::string> words;
    for (const BitField& field : fields) words.push_back(fmt::format("{}={}", field.name, value_text(field, value)));
    if (other != 0) words.push_back("other=" + hex(other));
    std::string line(indent, ' ');
    for (const std::string& word : words) {
      if (line.size() > indent && line.size() + 1 + word.size() > walk_width) {
        out_ << line << '\n';
        line.assign(indent, ' ');
      }
      line += (line.size() > indent ? " " : "") + word;
    }
    out_ << line << '\n';
  }

  void print_field_lines(const std::vector<BitField>& fields, std::uint64_t value, std::uint64_t other,
                         std::size_t indent) {
    const std::string margin(indent, ' ');
    for (const BitField& field : fields) {
      const std::string shown = value_text(field, value);
      const bool clear_bit = field.high == field.low && field.of(value) == 0;
      out_ << margin << pad_right(bits_text(field.high, field.low), 7) << pad_right(field.name, name_width)
           << (clear_bit ? shown : pad_right(shown, 14) + field.meaning) << '\n';
    }
    if (other != 0) {
      out_ << margin << pad_right("", 7) << pad_right("other", name_width) << pad_right(hex(other), 14)
           << "bits in no named field\n";
    }
  }

  void print_answer(const WalkSteps& walk) {
    const Translation& found = walk.outcome.translation;
    const std::uint64_t offset = walk.va.value() & low_bits(found.whole_shift);
    out_ << "  physical  " << strong(hex(found.physical(walk.va).value())) << " = page " << hex(found.page.value())
         << " + offset " << hex(offset) << '\n';
    print_page(found.page, found.whole_shift);
    print_rights(found.rights);
  }

  void print_page(PhysicalAddress page, unsigned page_shift) {
    out_ << "  page      " << humane_byte_size(std::uint64_t{1} << page_shift) << ", frame "
         << hex(page.value() >> mode_.offset_bits()) << '\n';
  }

  void print_rights(Rights rights) {
    out_ << "  rights    ";
    const char* separator = "";
    for (const bool user : {true, false}) {
      const std::vector<std::string> allowed = allowed_accesses(mode_, rights, user);
      out_ << separator << privilege_name(user) << ": "
           << (allowed.empty() ? "nothing" : fmt::format("{}", fmt::join(allowed, ", ")));
      separator = "; ";
    }
    if (rights.key != 0) out_ << "; protection key " << unsigned{rights.key};
    out_ << '\n';
  }

  void print_fault(const WalkSteps& walk) {
    const Fault& fault = walk.outcome.fault;
    out_ << "  fault     " << strong(to_string(fault.reason));
    if (walk.steps.empty()) {
      out_ << "; no entry is read\n";
    } else if (!mode_.is_radix()) {
      out_ << ", after " << walk.steps.size() << (walk.steps.size() == 1 ? " read\n" : " reads\n");
    } else {
      out_ << ", at the entry of " << table_name(fault.level) << " (level " << unsigned{fault.level} << ")\n";
    }
    const std::string words = mode_.describe_fault(fault, walk.access);
    if (!words.empty()) out_ << "            " << words << '\n';
    if (fault.reason == FaultReason::OutOfMemory) {
      out_ << "            address " << hex(walk.beyond.value()) << "; physical addresses end below "
           << hex(mode_.physical_limit()) << '\n';
    }
    if (const WalkStep* leaf = walk.leaf()) {
      print_page(leaf->view.target, leaf->view.page_shift);
      print_rights(leaf->rights);
    }
  }

  const PagingMode& mode_;
  const WalkReport& report_;
  const PrintOptions& options_;
  std::ostream& out_;
};

}  // namespace

void print_walks(const WalkReport& report, const PrintOptions& options, std::ostream& out) {
  switch (options.format) {
    case OutputFormat::Text:
      WalkPrinter(report, options, out).print();
      break;
    case OutputFormat::Json:
      out << walks_to_json(report);
      break;
    case OutputFormat::Csv:
      out << walks_to_csv(report);
      break;
  }
}

}  // namespace tablewalk
