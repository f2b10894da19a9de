# tb/formal/prove.py: the proofs that take seconds, and some of the broken copies. Run the whole campaign by hand.

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(Z3 z3 REQUIRED)
find_program(YOSYS yosys REQUIRED)
# A proof of unchanged hardware is not made again.
function(tablewalk_proof name)
  tablewalk_unless_unchanged(formal.${name} INPUTS rtl/*.sv* tb/formal/*.py tb/formal/*.sv* TOOLS ${YOSYS} ${Z3}
    COMMAND ${PROJECT_SOURCE_DIR}/tb/formal/prove.py ${ARGN})
endfunction()
foreach(name decode lru walk_cache walker1 walker1_cached)
  tablewalk_proof(${name} ${name})
endforeach()
tablewalk_proof(broken --broken lru walk_cache walker1_cached)
tablewalk_proof(covers --covers lru walk_cache walker1)
set_tests_properties(formal.decode formal.lru formal.walk_cache formal.walker1 formal.walker1_cached formal.broken
                     formal.covers PROPERTIES TIMEOUT 900)
