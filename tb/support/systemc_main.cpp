#include <gtest/gtest.h>

#include <systemc>

// libsystemc brings a `main` that calls sc_main. Tests have Google Test's main instead, and no use for sc_main.
int sc_main(int, char**) {
  return 0;
}

int main(int argument_count, char** arguments) {
  testing::InitGoogleTest(&argument_count, arguments);
  return RUN_ALL_TESTS();
}
