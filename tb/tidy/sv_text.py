"""Finds the modules and the blocks of a SystemVerilog file; enough of the language for the sources here."""

import re

WORD = re.compile(r"[A-Za-z_]\w*")
OPENS = {"begin", "case", "casez", "casex"}
CLOSES = {"end", "endcase"}


def without_comments(text):
    """The text with comments and strings blanked, its lines where they were."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda match: re.sub(r"[^\n]", " ", match.group()), text,
                  flags=re.DOTALL)


def modules(text):
    """The names of the modules and packages that it defines."""
    return re.findall(r"^\s*(?:module|package)\s+(?:automatic\s+)?(\w+)", without_comments(text), re.MULTILINE)


def statement_end(text, at):
    """Where the statement that begins at `at` ends: behind its `end`, or behind the first semicolon if it has no block."""
    depth = 0
    brackets = 0
    for match in re.compile(r"[A-Za-z_]\w*|[();]").finditer(text, at):
        word = match.group()
        brackets += {"(": 1, ")": -1}.get(word, 0)
        depth += 1 if word in OPENS else -1 if word in CLOSES else 0
        closes_block = word in CLOSES and depth == 0
        if closes_block or (word == ";" and depth == 0 and brackets == 0):
            following = WORD.search(text, match.end())
            if not (following and following.group() == "else" and not text[match.end():following.start()].strip()):
                return match.end()
    return len(text)


def blocks(text):
    """(first line, how many lines, what it is) of each always block and each function."""
    text = without_comments(text)
    for match in re.finditer(r"^[ \t]*(always\w*|initial|final|function)\b", text, re.MULTILINE):
        kind = match.group(1)
        if kind == "function":
            end = text.find("endfunction", match.end())
            end = len(text) if end < 0 else end
            named = re.compile(r"(\w+)\s*\(").search(text, match.end())
            what = f"function {named.group(1)}" if named else "function"
        else:
            end = statement_end(text, match.end())
            what = kind
        first = text.count("\n", 0, match.start(1)) + 1
        yield first, text.count("\n", 0, end) + 2 - first, what
