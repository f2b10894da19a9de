#pragma once

#include <string>

#include "support/dice.h"
#include "walker/rtl_model.h"

namespace tablewalk::test {

/// One of the built-in RTL walkers.
const RtlVariant& random_variant(Dice& dice);

/// A mode that it supports.
std::string random_mode(Dice& dice, const RtlVariant& variant);

/// A walker config with the variant's slots and walk caches.
WalkerConfig walker_of(const RtlVariant& variant);

}  // namespace tablewalk::test
