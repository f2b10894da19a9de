#pragma once

#include <string>

#include "support/dice.h"
#include "walker/rtl_model.h"

namespace tablewalk::test {

/// One of the RTL walkers that are built in.
const RtlVariant& random_variant(Dice& dice);

/// A mode that it walks.
std::string random_mode(Dice& dice, const RtlVariant& variant);

/// The walker with as many slots and with the walk caches that the variant was made with.
WalkerConfig walker_of(const RtlVariant& variant);

}  // namespace tablewalk::test
