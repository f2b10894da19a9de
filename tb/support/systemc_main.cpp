#include <gtest/gtest.h>

#include <systemc>

// libsystemc's own `main` references sc_main. Tests use Google Test's main and never call it.
int sc_main(int, char**) {
  return 0;
}

int main(int argument_count, char** arguments) {
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
