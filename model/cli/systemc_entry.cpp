#include <systemc>

#include "cli/commands.h"

// libsystemc's own `main` references sc_main, so it must be defined. This program has its own main, in main.cpp, and
// never calls it.
int sc_main(int, char**) {
  return 0;
}

namespace tablewalk {

void silence_systemc() {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
}

}  // namespace tablewalk
