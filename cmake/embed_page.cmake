# Writes a C++ file that contains a page without its data, that of `tablewalk report` or of a sweep:
#   cmake -DFOLDER=model/report/page -DPAGE=page|sweep_page -DD3=d3.min.js -DOUTPUT=file.cpp -P embed_page.cmake
#
# A page is one file, and modules in one file cannot import each other. So they are joined, in an order in which each
# follows those that it imports, without the lines `import` and the words `export`.
set(page_modules format dom table frame shell machine figures waterfall latency progress space tree story microscope main)
set(sweep_page_modules format dom table frame shell figures sweep_data sweep_chart sweep_spread sweep_points sweep_front
    sweep_main)
set(modules ${${PAGE}_modules})

file(READ ${FOLDER}/page.html page)
file(READ ${FOLDER}/page.css style)
file(READ ${D3} library)
set(script "")
foreach(module IN LISTS modules)
  file(READ ${FOLDER}/${module}.js text)
  string(REGEX REPLACE "import [^\n]* from [^\n]*\n" "" text "${text}")
  string(REGEX REPLACE "\nexport (async function|function|const|class)" "\n\\1" text "${text}")
  string(APPEND script "${text}\n")
endforeach()
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
string(REPLACE "@LIBRARY@" "${library}" page "${page}")

# Compilers limit the length of a literal, so the text is many.
set(source "#include \"report/page.h\"\n\nnamespace tablewalk {\n\nstd::string_view ${PAGE}_template() {\n")
string(APPEND source "  static const std::string text = ")
string(LENGTH "${page}" length)
set(at 0)
set(step 16000)
while(at LESS length)
  string(SUBSTRING "${page}" ${at} ${step} piece)
  string(APPEND source "\n      R\"page_piece(${piece})page_piece\"")
  math(EXPR at "${at} + ${step}")
endwhile()
string(APPEND source ";\n  return text;\n}\n\n}  // namespace tablewalk\n")
file(WRITE ${OUTPUT} "${source}")
