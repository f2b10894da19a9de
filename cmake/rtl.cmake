# The hardware in rtl/ as C++ by Verilator.

find_package(verilator 5 REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)

# Mutation tests build faulty copies of it and run each only briefly: less optimised.
set(TABLEWALK_RTL_FOLDER ${PROJECT_SOURCE_DIR}/rtl CACHE PATH "Folder of the hardware to compile to C++")
set(TABLEWALK_RTL_OPTIMISATION -O3 CACHE STRING "Option of the compiler for the hardware as C++")

# The lint waivers, and the package, which every module uses. Modules are found by their names.
set(rtl_folder ${TABLEWALK_RTL_FOLDER})
set(rtl_sources ${rtl_folder}/lint.vlt ${rtl_folder}/tablewalk_pkg.sv)

# Verilator's runtime, which would otherwise be compiled again for each generated class.
find_package(Threads REQUIRED)
set(verilator_include ${VERILATOR_ROOT}/include)
add_library(verilated_runtime STATIC EXCLUDE_FROM_ALL ${verilator_include}/verilated.cpp
                                                      ${verilator_include}/verilated_threads.cpp)
target_include_directories(verilated_runtime SYSTEM PUBLIC ${verilator_include} ${verilator_include}/vltstd)
target_compile_definitions(verilated_runtime PRIVATE VM_COVERAGE=0 VM_SC=0 VM_TRACE=0)
target_compile_options(verilated_runtime PRIVATE -w)
target_link_libraries(verilated_runtime PUBLIC Threads::Threads atomic)

# GTKWave's fstapi.c in it, which writes waves, stores misaligned words and shifts negative numbers: harmless on the
# supported machines. The address sanitizer still checks it.
if(TABLEWALK_SANITIZE)
  set_property(SOURCE ${verilator_include}/verilated_fst_c.cpp APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=undefined)
endif()

# What a model calls in every cycle is in the runtime's headers.
foreach(source verilated verilated_fst_c verilated_threads)
  set_property(SOURCE ${verilator_include}/${source}.cpp APPEND PROPERTY COMPILE_OPTIONS ${little_optimisation})
endforeach()

# use_verilated_runtime(TARGET): uses that runtime instead of compiling its own, and compiles the generated code in one
# piece, because it is many small files with the same includes.
function(use_verilated_runtime target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "/verilated(_threads)?\\.cpp$")
  set_target_properties(${target} PROPERTIES SOURCES "${sources}" UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  # Only programs wait for it: the makefiles that Verilator generates are read when any target is built.
  target_link_libraries(${target} INTERFACE verilated_runtime)
endfunction()

# tablewalk_verilated(NAME MODULE [ARGUMENT]...): a static library of the class `NAME` (header NAME.h), generated from
# the module with these Verilator arguments; SOURCES is the location of the module if not in rtl/. Always optimised,
# because it is an order of magnitude slower otherwise. The exception is code with coverage counters: it is ten times as
# long, and takes longer to optimise than to run.
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
  # The warnings of this project do not apply to its headers.
  get_target_property(directories ${name} INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT directories)
    get_target_property(directories ${name} INCLUDE_DIRECTORIES)
  endif()
  target_include_directories(${name} SYSTEM INTERFACE ${directories})
endfunction()
