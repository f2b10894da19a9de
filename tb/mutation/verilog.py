"""Reads the SystemVerilog of rtl/ and finds the places where one small thing can be changed.

It knows the constructs that rtl/ is written in, no more, and says where it meets another one. What must be constant
(parameters, widths, headers of loops, what is generated) is left alone, and so are assertions.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"""
    (?P<skip>\s+|//[^\n]*|`include[^\n]*|`ifndef.*?`endif)
  | (?P<number>\d*'s?[bdh][0-9A-Fa-f_]+|'[01]|\d+)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<mark><<<|>>>|===|!==|\+:|-:|::|<=|>=|==|!=|&&|\|\||<<|>>|\+\+|\+=|[-()\[\]{}.,;:?@\#'=<>!~&|^+*/])
""", re.VERBOSE | re.DOTALL)

# Binary operators, by how strongly they bind; and what may stand in their place.
PRECEDENCE = {"||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, "<=": 7, ">": 7, ">=": 7,
              "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10}
OTHER_OPERATORS = {"||": ["&&"], "&&": ["||"], "|": ["&", "^"], "^": ["|"], "&": ["|"], "==": ["!="], "!=": ["=="],
                   "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "<<": [">>"],
                   ">>": ["<<"], "+": ["-"], "-": ["+"]}
# An operand that does not count.
NEUTRAL = {"&&": "1'b1", "||": "1'b0"}


class SyntaxUnknown(Exception):
    """Something that is not understood; says where."""


@dataclass
class Site:
    """A piece of text and what may stand there instead."""
    start: int
    end: int
    changes: dict = field(default_factory=dict)  # text -> what is changed, in words
    is_statement: bool = False  # what is changed is whether it is carried out


@dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int


def tokens_of(text, path):
    tokens = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise SyntaxUnknown(f"{path}:{text.count(chr(10), 0, at) + 1}: {text[at:at + 20]!r} is not understood")
        if match.lastgroup != "skip":
            tokens.append(Token(match.lastgroup, match.group(), match.start(), match.end()))
        at = match.end()
    tokens.append(Token("end", "", at, at))
    return tokens


def other_number(text):
    """Numbers beside a literal: one more and one less; of a mask, with its lowest bit moved."""
    if text in ("'0", "'1"):
        return ["'1" if text == "'0" else "'0"]
    width, mark, digits = re.fullmatch(r"(?:(\d+)('[bdh]))?([0-9A-Fa-f_]+)", text).groups()
    value = int(digits.replace("_", ""), {"'b": 2, "'h": 16}.get(mark, 10))
    if mark is None:
        return [str(value + 1)] + ([str(value - 1)] if value > 0 else [])
    limit = 1 << int(width)
    others = {(value + 1) % limit, (value - 1) % limit} - {value}
    if mark == "'h":
        lowest = value & -value
        others = {value ^ lowest, value ^ (lowest >> 1 or lowest << 1)}
    write = {"'b": "b", "'d": "d", "'h": "x"}[mark]
    return [f"{width}{mark}{other:{write}}" for other in sorted(others)]


def other_selection(inside):
    """An index or a range beside a constant one; None for others."""
    if re.fullmatch(r"\d+", inside):
        return str(int(inside) - 1 if int(inside) > 0 else 1)
    if re.fullmatch(r"\d+:\d+", inside):
        high, low = map(int, inside.split(":"))
        step = -1 if low > 0 else 1
        return f"{high + step}:{low + step}" if high + step < 64 else None
    return None


def bracketed(operand, top):
    return f"({operand})" if top in PRECEDENCE or top == "?" else operand


class Names:
    """What a file may call by another name: signals of one type, fields of one type, constants of one list."""

    def __init__(self, package):
        self.constants = {}
        others = {}
        for struct in re.findall(r"struct packed \{(.*?)\}", package, re.DOTALL):
            types = {}
            for kind, name in re.findall(r"^\s*(\w+(?: \[[^]]*\])?) (\w+);", struct, re.MULTILINE):
                types.setdefault(kind, []).append(name)
            for names in types.values():
                for place, name in enumerate(names):
                    same = names[place + 1:] + names[:place]
                    # A name that several structures have is changed to one that they all have.
                    others[name] = [other for other in others.get(name, same) if other in same]
        self.fields = {name: same[0] for name, same in others.items() if same}
        for enum in re.findall(r"enum logic.*?\{(.*?)\}", package, re.DOTALL):
            names = re.findall(r"(\w+) = \d", enum)
            self.constants.update(zip(names, names[1:] + names[:1]))


class Parser:
    """Walks through one file and collects its sites."""

    # Functions that are called where a constant is wanted.
    CONSTANT_FUNCTIONS = ("radix_shape", "radix_pointer_shift", "radix_physical_bits", "radix_large_tables")
    # What is computed from outputs of the module that it is an input of: in the place of another signal it closes a loop.
    LATE = ("fill_way_i", "filled",  # lru.sv
            # Of walk_order.sv, walk_states.sv, walk_store.sv, access_tags.sv, request_list.sv and the ports.
            "wants_memory_i", "wants_answer_i", "memory_i", "memory_slot_i", "answer_i", "answer_slot_i", "begins_i",
            "answer_last_i", "answer_free_i", "own_i", "takes_i", "joins_i", "join_slot_i", "begin_slot_i", "sends_back_i",
            "hands_on_i", "busy_i", "give_i", "give_slot_i",
            # Of walker.sv.
            "wants_memory", "wants_answer", "busy", "joins", "begins", "memory_request", "memory_walk", "answer_request",
            "answer_walk", "joined_request", "taken", "memory_wanted", "answer_wanted")

    def __init__(self, text, path, names):
        self.text = text
        self.path = path
        self.names = names
        self.tokens = tokens_of(text, path)
        self.at = 0
        self.muted = 0
        self.sites = {}
        self.types = {}  # signal -> the text of its type
        self.ready = []  # signals that have their values before what stands here is evaluated
        self.assigned = []  # those that the block under way gives values

    # Tokens.
    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)].text

    def next(self):
        token = self.tokens[self.at]
        self.at += 1
        return token

    def take(self, text):
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def expect(self, text):
        token = self.next()
        if token.text != text:
            line = self.text.count("\n", 0, token.start) + 1
            raise SyntaxUnknown(f"{self.path}:{line}: '{token.text}', expected '{text}'")
        return token

    def skip_to(self, *marks):
        """Past balanced brackets, to one of these."""
        depth = 0
        while depth > 0 or self.peek() not in marks:
            token = self.next()
            if token.kind == "end":
                raise SyntaxUnknown(f"{self.path}: the file ends where one of {marks} was expected")
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0)

    def skip_brackets(self):
        self.next()
        self.skip_to(")", "]", "}")
        self.next()

    # Sites.
    def site(self, start, end, changes, words="", is_statement=False):
        if self.muted:
            return
        site = self.sites.setdefault((start, end, is_statement), Site(start, end, {}, is_statement))
        original = self.text[start:end]
        for change in changes:
            if change != original:
                site.changes.setdefault(change, words or f"{original} -> {change}")

    def muted_expression(self):
        self.muted += 1
        self.expression()
        self.muted -= 1

    # Expressions: each returns (start, end, operator at its top).
    def expression(self):
        start, end, top = self.binary(1)
        if not self.take("?"):
            return start, end, top
        condition = self.text[start:end]
        if top not in OTHER_OPERATORS and top != "!":
            self.site(start, end, [f"!({condition})"])
        self.expression()
        self.expect(":")
        _, end, _ = self.expression()
        return start, end, "?"

    def binary(self, least):
        operands = [self.unary()]
        start, end, top = operands[0]
        while self.peek() in PRECEDENCE and PRECEDENCE[self.peek()] >= least:
            operator = self.next()
            right_start, right_end, right_top = self.binary(PRECEDENCE[operator.text] + 1)
            left, right = self.text[start:end], self.text[right_start:right_end]
            for other in OTHER_OPERATORS.get(operator.text, []):
                change = f"{bracketed(left, top)} {other} {bracketed(right, right_top)}"
                self.site(start, right_end, [change], f"{operator.text} -> {other}, before {right}")
            changes = [left] if operator.text in ("<<", ">>") else []
            if operator.text in ("&", "|", "^"):
                changes = [left, right]
            if operator.text in NEUTRAL:
                neutral = NEUTRAL[operator.text]
                if top != operator.text:
                    self.site(start, end, [neutral])
                self.site(right_start, right_end, [neutral])
            self.site(start, right_end, changes)
            end, top = right_end, operator.text
        return start, end, top

    def unary(self):
        token = self.tokens[self.at]
        if token.text in ("!", "~", "-"):
            self.next()
            start, end, _ = self.unary()
            self.site(token.start, end, [self.text[start:end]])
            return token.start, end, token.text
        return self.primary()

    def primary(self):
        token = self.next()
        start = token.start
        if token.text == "(":
            self.expression()
            end = self.expect(")").end
        elif token.text == "{":
            end = self.concatenation()
        elif self.peek() == "'" and self.peek(1) == "(":  # a cast
            self.next()
            self.next()
            self.expression()
            end = self.expect(")").end
        elif token.kind == "number":
            self.site(start, token.end, other_number(token.text))
            return start, token.end, "number"
        elif token.kind == "name":
            return self.name(token)
        else:
            raise SyntaxUnknown(f"{self.path}: '{token.text}' at {self.text[start:start + 30]!r}")
        return self.selections(start, end)

    def concatenation(self):
        """Of `{a, b}` and `{3{a}}` what follows the brace."""
        if self.peek(1) == "{":
            self.next()
            self.next()
            self.expression()
            self.expect("}")
            return self.expect("}").end
        self.expression()
        while self.take(","):
            self.expression()
        return self.expect("}").end

    def name(self, token):
        start, name = token.start, token
        while self.take("::"):
            name = self.next()
        text = name.text
        prefix = self.text[start:name.start]
        if self.peek() == "(" or text.startswith("$"):
            self.muted += text.startswith("$")
            end = self.arguments()
            self.muted -= text.startswith("$")
            return start, end, "call"
        if text in self.names.constants:
            self.site(start, name.end, [prefix + self.names.constants[text]])
        others = []
        if text in self.types and text in self.ready:
            same = [other for other in self.ready if other not in (text, *self.LATE) and self.types[other] == self.types[text]]
            # The one declared after it, else the first.
            after = [other for other in same if list(self.types).index(other) > list(self.types).index(text)]
            others = (after or same)[:1]
        return self.selections(start, name.end, others)

    def arguments(self):
        self.expect("(")
        while not self.take(")"):
            self.expression()
            self.take(",")
        return self.tokens[self.at - 1].end

    def selections(self, start, end, others=()):
        """`[...]` and `.field` after what was read, which others could stand for."""
        changes = [(other, end, other) for other in others]  # what stands there up to where, in words
        while self.peek() in ("[", "."):
            before_end = end
            if self.take("."):
                name = self.next()
                end = name.end
                other = self.names.fields.get(name.text)
                changes += [(self.text[start:name.start] + other, end, f".{other}")] if other else []
                continue
            self.next()
            inside_start, inside_end = self.selected()
            inside = self.text[inside_start:inside_end]
            end = self.expect("]").end
            other = other_selection(inside)
            changes += [(f"{self.text[start:before_end]}[{other}]", end, f"[{other}]")] if other else []
        for change, until, words in changes:
            self.site(start, end, [change + self.text[until:end]], f"{self.text[start:end]}: {words}")
        return start, end, "name"

    def selected(self):
        """What stands in brackets: an index, a range, or a place and a width."""
        constant = bool(re.fullmatch(r"\d+", self.peek())) or self.range_follows()
        self.muted += constant
        start, end, _ = self.expression()
        self.muted -= constant
        if self.peek() in (":", "+:", "-:"):
            self.next()
            self.muted += 1
            _, end, _ = self.expression()
            self.muted -= 1
        return start, end

    def range_follows(self):
        depth = 0
        for token in self.tokens[self.at:]:
            if depth == 0 and token.text in (":", "]"):
                return token.text == ":"
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0)
        return False

    # Statements.
    def lvalue(self):
        """What is assigned to. Of its indices only other signals are tried."""
        if self.peek() == "{":
            names = []
            self.next()
            while not self.take("}"):
                names.append(self.lvalue()[1])
                self.take(",")
            return None, names[0]
        name = self.next().text
        self.assigned.append(name)
        while self.peek() in ("[", "."):
            if self.take("."):
                self.next()
            elif self.peek(2) == "]" and self.tokens[self.at + 1].kind == "name":
                self.next()
                self.expression()
                self.expect("]")
            else:
                self.skip_brackets()
        return None, name

    def assigned_value(self):
        start, end, top = self.expression()
        text = self.text[start:end]
        if top == "number" or text.split("::")[-1] in self.names.constants:
            return
        changes = ["'0"]
        if top not in ("==", "!=", "<", "<=", ">", ">=", "!", "&&", "||"):
            changes.append(f"({text}) ^ 1'b1")
        else:
            changes.append("'1")
        self.site(start, end, changes)

    def condition(self):
        start, end, top = self.expression()
        changes = ["1'b1", "1'b0"]
        if top not in OTHER_OPERATORS and top != "!":
            changes.append(f"!({self.text[start:end]})")
        self.site(start, end, changes)

    def statement(self):
        start = self.tokens[self.at].start
        if self.take("begin"):
            if self.take(":"):
                self.next()
            while not self.take("end"):
                self.statement()
        elif self.take("if"):
            self.expect("(")
            reset = self.peek() == "!" and self.peek(1) == "rst_ni"
            self.muted += reset
            self.condition()
            self.muted -= reset
            self.expect(")")
            self.statement()
            if self.take("else"):
                self.statement()
        elif self.take("case"):
            self.case()
        elif self.take("for"):
            self.skip_brackets()
            self.statement()
        elif self.peek() == "logic" or self.peek(1) == "::":
            self.declaration()
        else:
            self.lvalue()
            operator = self.next().text
            self.assigned_value()
            end = self.expect(";").end
            if operator == "<=":
                self.site(start, end, ["skipped"], f"without {self.text[start:end]}", is_statement=True)

    def case(self):
        self.expect("(")
        self.expression()
        self.expect(")")
        while not self.take("endcase"):
            if not self.take("default"):
                self.expression()
                while self.take(","):
                    self.expression()
            self.expect(":")
            self.statement()

    # Modules.
    def declaration(self):
        """`type [range] a, b[Count];`: what is of one type may be taken for another."""
        start = self.tokens[self.at].start
        self.next()
        while self.peek() == "::":
            self.next()
            self.next()
        while self.peek() == "[":
            self.skip_brackets()
        kind = " ".join(self.text[start:self.tokens[self.at].start].split())
        while not self.take(";"):
            name = self.next().text
            dimension = self.tokens[self.at].start
            while self.peek() == "[":
                self.skip_brackets()
            self.types[name] = kind + self.text[dimension:self.tokens[self.at - 1].end]
            if name.endswith("_q"):
                self.ready.append(name)
            self.take(",")

    def ports(self):
        self.expect("(")
        while not self.take(")"):
            direction = self.next().text
            start = self.tokens[self.at].start
            while self.peek(1) not in (",", ")"):
                if self.peek() == "[":
                    self.skip_brackets()
                else:
                    self.next()
            name = self.next()
            if name.text not in ("clk_i", "rst_ni"):
                self.types[name.text] = " ".join(self.text[start:name.start].split())
                if direction == "input":
                    self.ready.append(name.text)
            self.take(",")

    def instance(self):
        """`module #(...) name ( .port(signal), ... );`"""
        self.next()
        if self.take("#"):
            self.skip_brackets()
        self.next()
        self.expect("(")
        outputs = []
        while not self.take(")"):
            self.expect(".")
            port = self.next().text
            self.expect("(")
            if port.endswith("_o"):
                outputs.append(self.peek())
                self.skip_to(")")
            elif port in ("clk_i", "rst_ni"):
                self.skip_to(")")
            else:
                self.expression()
            self.expect(")")
            self.take(",")
        self.expect(";")
        self.ready += [name for name in outputs if name in self.types]

    def function(self):
        self.skip_to("(")
        name = self.tokens[self.at - 1].text
        constant = name in self.CONSTANT_FUNCTIONS
        types, ready = dict(self.types), list(self.ready)
        self.muted += constant
        self.types, self.ready = {}, []
        self.ports()
        self.expect(";")
        while not self.take("endfunction"):
            self.statement()
        self.muted -= constant
        self.types, self.ready, self.assigned = types, ready, []

    def block(self):
        """One piece of hardware; what it computes is ready for those that follow."""
        self.assigned = []
        if self.take("assign"):
            self.lvalue()
            self.expect("=")
            self.assigned_value()
            self.expect(";")
        else:
            self.next()
            if self.take("@"):
                self.skip_brackets()
            self.statement()
        self.ready += [name for name in dict.fromkeys(self.assigned) if name in self.types and name not in self.ready]

    def items(self, end):
        while not self.take(end):
            first = self.peek()
            if first in ("assign", "always_comb", "always_ff"):
                self.block()
            elif first in ("localparam", "typedef"):
                self.skip_to(";")
                self.next()
            elif first == "function":
                self.function()
            elif first in ("for", "if"):
                self.next()
                self.skip_brackets()
                self.generated()
                while self.take("else"):
                    self.generated()
            elif first == "logic" or self.peek(1) == "::":
                self.declaration()
            else:
                self.instance()

    def generated(self):
        if self.peek() in ("for", "if"):
            self.next()
            self.skip_brackets()
            self.generated()
            return
        self.expect("begin")
        self.expect(":")
        self.next()
        self.items("end")

    def file(self):
        if self.take("package"):
            self.skip_to(";")
            self.next()
            self.items("endpackage")
        else:
            self.expect("module")
            self.next()
            if self.take("#"):
                self.skip_brackets()
            self.ports()
            self.expect(";")
            self.items("endmodule")
        return sorted((site for site in self.sites.values() if site.changes), key=lambda site: (site.start, -site.end))
