#pragma once

#include <type_traits>

namespace tablewalk {

/// Whether the owner of a target socket serves hits by a call of `look_up`, without a request or a payload.
template <class Owner, class = void>
struct HasLookUp : std::false_type {};
template <class Owner>
struct HasLookUp<Owner, std::void_t<decltype(&Owner::look_up)>> : std::true_type {};

}  // namespace tablewalk
