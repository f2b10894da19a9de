"""Just enough C++ to find where functions begin and end."""

import re

# Strings and comments, whatever braces they contain. Numbers are matched so that digit separators do not start a
# literal.
LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/
    |R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
    |"(?:\\.|[^"\\\n])*"
    |(?P<number>\b\d[\w'.]*)
    |'(?:\\.|[^'\\\n])+'""", re.DOTALL | re.VERBOSE)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
PARENTHESES = re.compile(r"\([^()]*\)")
TYPE_OR_NAMESPACE = re.compile(r"\b(class|struct|union|enum|namespace)\b")


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def bare_code(text):
    """The text with comments, literals and preprocessor lines blanked; lines keep their numbers."""
    text = LITERAL.sub(lambda match: match.group() if match.group("number") else blank(match.group()), text)
    return DIRECTIVE.sub(lambda match: blank(match.group()), text)


def without_templates(head):
    """The head of a declaration without its `template <...>`."""
    while True:
        start = re.search(r"\btemplate\s*<", head)
        if not start:
            return head
        depth, end = 1, start.end()
        while end < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[:start.start()] + head[end:]


def opens_function(head):
    """Whether a `{` after this text, which began after the last `;`, `{` or `}`, opens a function's body."""
    head = without_templates(head).strip()
    if ")" not in head or head.endswith("="):
        return False
    previous = None
    while previous != head:
        previous, head = head, PARENTHESES.sub(" ", head)
    return not TYPE_OR_NAMESPACE.search(head)


def functions(text):
    """(first line, number of lines, name) of each outermost function of a source file."""
    code = bare_code(text)
    found = []
    depth = 0  # of braces inside a function; 0 outside any
    start = head_start = 0
    for match in re.finditer(r"[{};]", code):
        symbol, position = match.group(), match.start()
        if depth:
            depth += {"{": 1, "}": -1, ";": 0}[symbol]
            # `Name(...) : member_{value}, other_(Type{}) {` continues after a member's brace.
            if depth == 0 and not re.match(r"\s*[,{)]", code[position + 1:position + 100]):
                found.append(describe(code, start, position))
                head_start = position + 1
            continue
        if symbol == "{" and opens_function(code[head_start:position]):
            start = head_start + len(code[head_start:position]) - len(code[head_start:position].lstrip())
            depth = 1
        if not (depth and symbol == "{"):
            head_start = position + 1
    return found


def describe(code, start, end):
    first_line = code.count("\n", 0, start) + 1
    lines = code.count("\n", start, end) + 1
    name = re.search(r"([\w~:]+|operator\s*\S+)\s*\(", code[start:end])
    return first_line, lines, name.group(1) if name else "?"
