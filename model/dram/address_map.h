#pragma once

#include "dram/dram_config.h"

namespace tablewalk {

/// Where in the devices a line is.
struct DramLocation {
  std::uint32_t channel = 0;
  std::uint32_t rank = 0;
  std::uint32_t bank = 0;  ///< in its rank
  std::uint64_t row = 0;
  std::uint64_t column = 0;  ///< in lines

  friend bool operator==(const DramLocation& a, const DramLocation& b) {
    return a.channel == b.channel && a.rank == b.rank && a.bank == b.bank && a.row == b.row && a.column == b.column;
  }
};

/// Which line of the devices an address is: its bits, cut into fields. Different lines have different locations, also
/// beyond the capacity of the devices: what is above all fields counts as high bits of the row.
class AddressMap {
 public:
  /// The config has passed its checks. Throws InputError if a row holds no line.
  AddressMap(const DramConfig& config, std::uint64_t line_bytes);

  DramLocation locate(PhysicalAddress address) const {
    return {static_cast<std::uint32_t>(part(AddressField::Channel, address)),
            static_cast<std::uint32_t>(part(AddressField::Rank, address)),
            static_cast<std::uint32_t>(part(AddressField::Bank, address)),
            part(AddressField::Row, address) | (address.value() & excess_) >> excess_shift_,
            part(AddressField::Column, address)};
  }

  /// From a line to the same line of the next row, in bytes.
  std::uint64_t row_step() const { return std::uint64_t{1} << field(AddressField::Row).shift; }

 private:
  struct Bits {
    unsigned shift = 0;
    std::uint64_t mask = 0;
  };

  const Bits& field(AddressField name) const { return fields_[static_cast<unsigned>(name)]; }
  std::uint64_t part(AddressField name, PhysicalAddress address) const {
    return address.value() >> field(name).shift & field(name).mask;
  }

  std::array<Bits, address_field_count> fields_;
  std::uint64_t excess_ = 0;   ///< the bits above all fields
  unsigned excess_shift_ = 0;  ///< to above the other bits of the row
};

}  // namespace tablewalk
