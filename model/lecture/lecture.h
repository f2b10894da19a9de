#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tablewalk {

/// A page of docs/lectures built into the program.
struct LectureFile {
  std::string name;  ///< `03-flat-table`
  std::string text;  ///< Markdown
};

/// All pages, embedded at build time, in the order of the course.
const std::vector<LectureFile>& embedded_lectures();

/// A paragraph, or a command with the output that the page shows.
struct LecturePart {
  bool is_command = false;
  std::string text;    ///< of a command: without `$ `; of a paragraph: its lines
  std::string output;  ///< of a command
};

struct Lecture {
  unsigned number = 0;  ///< from the name of its file
  std::string name;     ///< `flat-table`
  std::string title;
  std::vector<LecturePart> parts;
};

/// Reads a page: a title after `# `, paragraphs, and fenced blocks `$ tablewalk ...` with the output below. Throws
/// InputError that names the file and what was expected.
Lecture parse_lecture(const LectureFile& file);

/// Throws as parse_lecture, and for two pages of one number or name.
std::vector<Lecture> parse_lectures(const std::vector<LectureFile>& files);
/// The embedded pages.
std::vector<Lecture> all_lectures();

/// The lecture of that number or name. Throws InputError with the nearest name.
const Lecture& find_lecture(const std::vector<Lecture>& lectures, const std::string& wanted);

/// The words of a command line, as a shell would make them of plain words and of words in quotes. Throws InputError on
/// whatever else has a meaning to a shell.
std::vector<std::string> command_words(std::string_view command);

}  // namespace tablewalk
