# tb/formal/prove.py: the proofs that take seconds, and some of the broken copies. Run the whole campaign by hand.

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(Z3 z3 REQUIRED)
set(prove ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tb/formal/prove.py)
foreach(name decode lru walk_cache walker1 walker1_cached)
  add_test(NAME formal.${name} COMMAND ${prove} ${name})
endforeach()
add_test(NAME formal.broken COMMAND ${prove} --broken lru walk_cache walker1_cached)
add_test(NAME formal.covers COMMAND ${prove} --covers lru walk_cache walker1)
set_tests_properties(formal.decode formal.lru formal.walk_cache formal.walker1 formal.walker1_cached formal.broken
                     formal.covers PROPERTIES TIMEOUT 900)
