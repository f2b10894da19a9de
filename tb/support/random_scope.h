#pragma once

#include "protocol/invalidation.h"
#include "support/dice.h"

namespace tablewalk::test {

/// A random scope of an invalidation; wide scopes are rarer, so that some entries survive.
inline Invalidation::Scope random_scope(Dice& dice) {
  using Scope = Invalidation::Scope;
  if (dice.chance(4)) return dice.chance(50) ? Scope::All : Scope::AllNotGlobal;
  if (dice.chance(20)) return dice.chance(50) ? Scope::AddressSpace : Scope::PageAndPointers;
  return dice.pick<Scope>({Scope::Page, Scope::PageNotGlobal, Scope::LeafNotGlobal, Scope::LeafOfEverySpace,
                           Scope::Leaf, Scope::PageOfEverySpace});
}

}  // namespace tablewalk::test
