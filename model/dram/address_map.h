#pragma once

#include "dram/dram_config.h"

namespace tablewalk {

/// The location of a line in the devices.
struct DramLocation {
  std::uint32_t channel = 0;
  std::uint32_t rank = 0;
  std::uint32_t bank = 0;  ///< within its rank
  std::uint64_t row = 0;
  std::uint64_t column = 0;  ///< in lines

  friend bool operator==(const DramLocation& a, const DramLocation& b) {
    return a.channel == b.channel && a.rank == b.rank && a.bank == b.bank && a.row == b.row && a.column == b.column;
  }
};

/// Maps an address to a line of the devices by cutting its bits into fields. Different lines have different locations,
/// even beyond the capacity of the devices: bits above all fields extend the row.
class AddressMap {
 public:
  /// The config must have passed its checks. Throws InputError if a row cannot hold a line.
  AddressMap(const DramConfig& config, std::uint64_t line_bytes);

  DramLocation locate(PhysicalAddress address) const {
    return {static_cast<std::uint32_t>(part(AddressField::Channel, address)),
            static_cast<std::uint32_t>(part(AddressField::Rank, address)),
            static_cast<std::uint32_t>(part(AddressField::Bank, address)),
            part(AddressField::Row, address) | (address.value() & excess_) >> excess_shift_,
            part(AddressField::Column, address)};
  }

  /// Distance from a line to the same line of the next row, in bytes.
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
  std::uint64_t excess_ = 0;   ///< bits above all fields
  unsigned excess_shift_ = 0;  ///< shift that places them above the other row bits
};

}  // namespace tablewalk
