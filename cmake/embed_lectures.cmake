# Writes a C++ file that contains the pages of docs/lectures:
#   cmake -DFOLDER=docs/lectures -DOUTPUT=file.cpp -P embed_lectures.cmake
file(GLOB files ${FOLDER}/[0-9]*.md)
list(SORT files)
set(source "#include \"lecture/lecture.h\"\n\nnamespace tablewalk {\n\n")
string(APPEND source "const std::vector<LectureFile>& embedded_lectures() {\n")
string(APPEND source "  static const std::vector<LectureFile> lectures = {\n")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND source "      {\"${name}\", R\"lecture(${text})lecture\"},\n")
endforeach()
string(APPEND source "  };\n  return lectures;\n}\n\n}  // namespace tablewalk\n")
file(WRITE ${OUTPUT} "${source}")
