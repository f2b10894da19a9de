#include <systemc>

// libsystemc expects the program to bring sc_main, which its own `main` calls. This program has a main of its own, in
// main.cpp, and no use for sc_main.
int sc_main(int, char**) {
  return 0;
}
