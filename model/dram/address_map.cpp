#include "dram/address_map.h"

#include "base/error.h"

namespace tablewalk {

AddressMap::AddressMap(const DramConfig& config, std::uint64_t line_bytes) {
  check_dram_shape(config, line_bytes, [](const char* key, const std::string& text) {
    throw InputError("dram." + std::string(key) + ": " + text);
  });
  const auto bits_of = [&](AddressField name) {
    switch (name) {
      case AddressField::Row:
        return log2_floor(config.rows);
      case AddressField::Rank:
        return log2_floor(config.ranks);
      case AddressField::Bank:
        return log2_floor(config.banks);
      case AddressField::Channel:
        return log2_floor(config.channels);
      case AddressField::Column:
        break;
    }
    return log2_floor(config.row_bytes / line_bytes);
  };
  const AddressOrder order = parse_address_mapping(config.address_mapping);
  unsigned top = log2_floor(line_bytes);
  for (auto name = order.rbegin(); name != order.rend(); ++name) {
    fields_[static_cast<unsigned>(*name)] = {top, low_bits(bits_of(*name))};
    top += bits_of(*name);
  }
  excess_ = ~low_bits(top);
  excess_shift_ = top - bits_of(AddressField::Row);
}

}  // namespace tablewalk
