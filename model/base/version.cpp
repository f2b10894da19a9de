#include "base/version.h"

namespace tablewalk {

const char* program_version() {
  return TABLEWALK_VERSION;
}

}  // namespace tablewalk
