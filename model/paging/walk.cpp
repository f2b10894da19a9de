#include "paging/walk.h"

namespace tablewalk {

template class BasicWalk<PagingMode>;

}  // namespace tablewalk
