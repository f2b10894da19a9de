# The hardware in rtl/ as C++ by Verilator.

find_package(verilator 5 REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)

# Mutation tests build copies of it that hold faults, and run each for a moment only: less optimised.
set(TABLEWALK_RTL_FOLDER ${PROJECT_SOURCE_DIR}/rtl CACHE PATH "Where the hardware stands that is made into C++")
set(TABLEWALK_RTL_OPTIMISATION -O3 CACHE STRING "Option of the compiler for the hardware as C++")

# The waived lint rules, and the package: everything names it. Modules are found by their names.
set(rtl_folder ${TABLEWALK_RTL_FOLDER})
set(rtl_sources ${rtl_folder}/lint.vlt ${rtl_folder}/tablewalk_pkg.sv)

# Verilator's own code, which would be compiled again for each class that it makes.
find_package(Threads REQUIRED)
set(verilator_include ${VERILATOR_ROOT}/include)
add_library(verilated_runtime STATIC EXCLUDE_FROM_ALL ${verilator_include}/verilated.cpp
                                                      ${verilator_include}/verilated_threads.cpp)
target_include_directories(verilated_runtime SYSTEM PUBLIC ${verilator_include} ${verilator_include}/vltstd)
target_compile_definitions(verilated_runtime PRIVATE VM_COVERAGE=0 VM_SC=0 VM_TRACE=0)
target_compile_options(verilated_runtime PRIVATE -w -O3)
target_link_libraries(verilated_runtime PUBLIC Threads::Threads atomic)

# Its writer of waves (GTKWave's fstapi.c) stores words where they are not aligned, and shifts negative numbers: theirs, and
# without harm on the machines that this is for. What it does with memory is still looked at.
if(TABLEWALK_SANITIZE)
  set_source_files_properties(${verilator_include}/verilated_fst_c.cpp PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=undefined)
endif()

# use_verilated_runtime(TARGET): takes that code instead of compiling its own, and compiles what was made of the hardware
# in one piece: it is many small files that all include the same.
function(use_verilated_runtime target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "/verilated(_threads)?\\.cpp$")
  set_target_properties(${target} PROPERTIES SOURCES "${sources}" UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  target_link_libraries(${target} PUBLIC verilated_runtime)
endfunction()

# tablewalk_verilated(NAME MODULE [ARGUMENT]...): a static library of the class `NAME` (header NAME.h), made of the
# module with these arguments of Verilator; SOURCES is where the module stands if not in rtl/. Always optimised:
# unoptimised it is an order of magnitude slower. But code that counts coverage is ten times as long, and takes longer to
# optimise than to run.
function(tablewalk_verilated name module)
  cmake_parse_arguments(VERILATED "" "" "SOURCES" ${ARGN})
  if(NOT VERILATED_SOURCES)
    set(VERILATED_SOURCES ${rtl_folder}/${module}.sv)
  endif()
  add_library(${name} STATIC)
  verilate(${name} PREFIX ${name} TOP_MODULE ${module} SOURCES ${rtl_sources} ${VERILATED_SOURCES}
           VERILATOR_ARGS -O3 --x-assign fast --x-initial fast -Wall -y ${rtl_folder} ${rtl_further_arguments}
                          ${VERILATED_UNPARSED_ARGUMENTS})
  if(rtl_further_arguments MATCHES "--coverage")
    target_compile_options(${name} PRIVATE -w -O0)
  else()
    target_compile_options(${name} PRIVATE -w ${TABLEWALK_RTL_OPTIMISATION})
    use_verilated_runtime(${name})
  endif()
  # Its headers are not held to the warnings of this project.
  get_target_property(directories ${name} INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT directories)
    get_target_property(directories ${name} INCLUDE_DIRECTORIES)
  endif()
  target_include_directories(${name} SYSTEM INTERFACE ${directories})
endfunction()
