#include <systemc>

#include "cli/commands.h"

// libsystemc expects the program to bring sc_main, which its own `main` calls. This program has a main of its own, in
// main.cpp, and no use for sc_main.
int sc_main(int, char**) {
  return 0;
}

namespace tablewalk {

void silence_systemc() {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
}

}  // namespace tablewalk
