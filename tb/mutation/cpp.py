"""Where the C++ of model/ can be changed, and into what: found in the syntax tree that libclang makes."""

import os
import re
import sys
from dataclasses import dataclass, field

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian puts it; another Python looks elsewhere
try:
    from clang import cindex
    from clang.cindex import CursorKind as Kind
    from clang.cindex import TypeKind
except ImportError:
    cindex = None  # the caller says so

# A longer expression is not written twice.
LONGEST_EXPRESSION = 600

OPERATORS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "<<": (">>",), ">>": ("<<",),
    "&": ("|",), "|": ("&",), "^": ("|",), "%": ("+",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "/=": ("*=",), "<<=": (">>=",), ">>=": ("<<=",), "|=": ("&=",),
    "&=": ("|=",), "^=": ("|=",),
}
# Of classes, those that mean what they mean for numbers.
CLASS_OPERATORS = {"<", "<=", ">", ">=", "==", "!=", "+", "-", "+=", "-="}
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
# What only reserves memory or moves the place of text, and so does nothing that a test could see.
WITHOUT_EFFECT = {"reserve", "shrink_to_fit"}


@dataclass
class Site:
    """`kind`: an expression; a condition, which is made a bool; or a statement, which can be left out."""
    start: int
    end: int
    kind: str
    function: str
    changes: dict = field(default_factory=dict)  # the text instead -> what the change is, in words


def canonical(cursor):
    return cursor.type.get_canonical()


def plain(cursor):
    return re.sub(r"\bconst |[ &]+$", "", canonical(cursor).spelling)


def is_bool(cursor):
    return canonical(cursor).kind == TypeKind.BOOL


def is_text(cursor):
    return "basic_string" in canonical(cursor).spelling or "char *" in canonical(cursor).spelling


def is_integer(cursor):
    return TypeKind.CHAR_U.value < canonical(cursor).kind.value <= TypeKind.INT128.value and not is_bool(cursor)


class Reader:
    """The sites of one file."""

    def __init__(self, path, root, arguments):
        self.path = path
        self.root = os.path.abspath(root) + "/"
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        if not self.text.isascii():  # libclang counts bytes
            self.text = re.sub(r"[^\x00-\x7f]", lambda match: "?" * len(match.group().encode()), self.text)
        arguments = ["-x", "c++", "-std=c++17", "-w", *arguments]
        self.unit = cindex.Index.create().parse(path, args=arguments, options=1)  # 1: with a record of macros
        errors = [str(one) for one in self.unit.diagnostics if one.severity >= 3]
        if errors:
            raise ValueError(f"{path}: clang does not understand it: {errors[0]}")
        self.sites = {}
        self.function = ""
        self.returns_reference = False
        self.macros = []

    def read(self):
        is_here = cindex.conf.lib.clang_Location_isFromMainFile
        tops = [cursor for cursor in self.unit.cursor.get_children() if is_here(cursor.location)]
        self.macros = [self.extent(cursor) for cursor in tops if cursor.kind == Kind.MACRO_INSTANTIATION]
        for cursor in tops:
            if cursor.kind not in (Kind.MACRO_INSTANTIATION, Kind.MACRO_DEFINITION, Kind.INCLUSION_DIRECTIVE):
                self.visit(cursor, False)
        return sorted((site for site in self.sites.values() if site.changes), key=lambda site: (site.start, -site.end))

    # What a cursor covers.

    @staticmethod
    def extent(cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def source(self, cursor):
        start, end = self.extent(cursor)
        return self.text[start:end]

    def is_of_macro(self, start, end):
        return any(start < last and first < end for first, last in self.macros)

    def site(self, start, end, kind):
        key = (start, end, kind)
        if key not in self.sites:
            self.sites[key] = Site(start, end, kind, self.function)
        return self.sites[key]

    def change(self, cursor, text, words, kind="expression"):
        start, end = self.extent(cursor)
        if end <= start or end - start > LONGEST_EXPRESSION or self.is_of_macro(start, end):
            return
        self.site(start, end, kind).changes.setdefault(text, " ".join(words.split()))

    # The tree. `live`: within what runs, not in declarations.

    def visit(self, cursor, live):
        handler = getattr(self, "visit_" + cursor.kind.name, None)
        if handler is not None:
            handler(cursor, live)
        elif cursor.kind.is_statement() or cursor.kind.is_expression() or not live:
            self.visit_all(cursor.get_children(), live)

    def visit_all(self, cursors, live):
        for cursor in cursors:
            self.visit(cursor, live)

    def skip(self, cursor, live):
        pass

    visit_STATIC_ASSERT = visit_ENUM_DECL = visit_CXX_UNARY_EXPR = visit_CXX_THROW_EXPR = visit_PARM_DECL = skip
    visit_TYPE_ALIAS_DECL = visit_TYPEDEF_DECL = visit_TEMPLATE_NON_TYPE_PARAMETER = skip
    visit_TEMPLATE_TYPE_PARAMETER = visit_CXX_BASE_SPECIFIER = visit_FRIEND_DECL_TYPE = skip

    def visit_function(self, cursor, live):
        outer = self.function, self.returns_reference
        self.returns_reference = cursor.result_type.get_canonical().kind == TypeKind.LVALUEREFERENCE
        parent = cursor.semantic_parent
        name = cursor.spelling or "lambda"
        if parent is not None and parent.kind in (Kind.CLASS_DECL, Kind.STRUCT_DECL, Kind.CLASS_TEMPLATE):
            name = f"{parent.spelling}::{name}"
        self.function = re.sub(r"<.*", "", name) or name
        for child in cursor.get_children():
            if child.kind == Kind.COMPOUND_STMT or child.kind.is_expression():
                self.visit(child, True)
        self.function, self.returns_reference = outer

    visit_FUNCTION_DECL = visit_CXX_METHOD = visit_CONSTRUCTOR = visit_DESTRUCTOR = visit_function
    visit_CONVERSION_FUNCTION = visit_FUNCTION_TEMPLATE = visit_function

    def visit_LAMBDA_EXPR(self, cursor, live):
        for child in cursor.get_children():
            if child.kind == Kind.COMPOUND_STMT:
                self.visit(child, True)

    def visit_VAR_DECL(self, cursor, live):
        """What is static or constant is made before a mutant is chosen, or must be known to the compiler."""
        head = self.text[cursor.extent.start.offset:cursor.location.offset]
        if not live or "constexpr" in head or "static" in head or canonical(cursor).kind == TypeKind.CONSTANTARRAY:
            return
        self.visit_initialiser(cursor)

    def visit_initialiser(self, cursor):
        for child in cursor.get_children():
            if child.kind.is_expression() and child.extent.start.offset > cursor.location.offset:
                self.visit(child, True)

    def visit_FIELD_DECL(self, cursor, live):
        if cursor.is_bitfield() or canonical(cursor).kind == TypeKind.CONSTANTARRAY:
            return
        if re.search(r"[1-9]", self.source(cursor).rpartition("=")[2]):  # a default of a configuration is data
            return
        outer, self.function = self.function, cursor.semantic_parent.spelling
        self.visit_initialiser(cursor)
        self.function = outer

    def visit_DECL_STMT(self, cursor, live):
        self.visit_all((child for child in cursor.get_children() if child.kind in (Kind.VAR_DECL, Kind.STRUCT_DECL)
                        or child.kind.is_expression()), live)

    # Statements.

    def visit_COMPOUND_STMT(self, cursor, live):
        for child in cursor.get_children():
            self.visit_body(child)

    def visit_body(self, cursor):
        """A statement that could be left out."""
        start, end = self.extent(cursor)
        if self.may_be_left_out(cursor):
            after = re.match(r"\s*;", self.text[end:])
            if after and not self.is_of_macro(start, end):
                whole = self.site(start, end + after.end(), "statement")
                whole.changes[""] = "left out"
        self.visit(cursor, True)

    def may_be_left_out(self, cursor):
        if cursor.kind in (Kind.BREAK_STMT, Kind.CONTINUE_STMT):
            return True
        if cursor.kind == Kind.RETURN_STMT:
            return not list(cursor.get_children())
        source = self.source(cursor)
        if not cursor.kind.is_expression() or source.startswith(("static_cast<void>", "throw", "(void)")):
            return False
        called = re.search(r"(\w+)\([^()]*\)$", source)
        return not (called and called.group(1) in WITHOUT_EFFECT)

    def condition(self, cursor, changes):
        source = self.source(cursor)
        texts = {"!": (f"!({source})", f"{source} -> its opposite"), "true": ("true", f"{source} -> true"),
                 "false": ("false", f"{source} -> false")}
        for change in changes:
            self.change(cursor, *texts[change], kind="condition")

    def visit_IF_STMT(self, cursor, live):
        children = list(cursor.get_children())
        start = cursor.extent.start.offset
        constant = re.match(r"if\s+constexpr\b", self.text[start:start + 20])
        declares = False
        while children and (children[0].kind == Kind.DECL_STMT or children[0].kind == Kind.VAR_DECL):
            declares |= children[0].kind == Kind.VAR_DECL
            self.visit(children.pop(0), True)
        if declares:  # `if (T* x = ...)`: what follows may name the variable once more
            bodies = [child for child in children if not child.kind.is_expression()]
            self.visit_all([child for child in children if child.kind.is_expression()][1:], True)
        else:
            if not constant:
                self.condition(children[0], ("true", "false") if self.is_plain_test(children[0])
                               else ("!", "true", "false"))
                self.visit(children[0], True)
            bodies = children[1:]
        if len(bodies) == 1 and bodies[0].kind != Kind.COMPOUND_STMT and not declares and not constant:
            self.visit(bodies[0], True)  # left out by the condition's being false
            return
        for body in bodies:
            self.visit_body(body)

    def is_plain_test(self, cursor):
        """Its opposite is what another change makes of it."""
        cursor = self.inner(cursor)
        operator = self.operator_of(cursor)
        return (operator is not None and operator[0] in ("==", "!=")) or (
            cursor.kind == Kind.UNARY_OPERATOR and self.source(cursor).startswith("!"))

    @staticmethod
    def inner(cursor):
        while cursor.kind in (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR):
            children = list(cursor.get_children())
            if len(children) != 1:
                break
            cursor = children[0]
        return cursor

    def visit_CONDITIONAL_OPERATOR(self, cursor, live):
        first = next(cursor.get_children())
        if not self.is_plain_test(first):
            self.condition(first, ("!",))
        self.visit_all(cursor.get_children(), live)

    def visit_WHILE_STMT(self, cursor, live):
        children = list(cursor.get_children())
        if children[0].kind != Kind.VAR_DECL:
            self.condition(children[0], ("false",))
        self.visit_all(children[:-1], live)
        self.visit_body(children[-1])

    def visit_FOR_STMT(self, cursor, live):
        children = list(cursor.get_children())
        first = self.text.find(";", cursor.extent.start.offset)
        for child in children[:-1]:
            start = child.extent.start.offset
            if child.kind.is_expression() and start > first and ";" not in self.text[first + 1:start]:
                self.condition(child, ("false",))
            self.visit(child, True)
        self.visit_body(children[-1])

    def visit_CXX_FOR_RANGE_STMT(self, cursor, live):
        children = list(cursor.get_children())
        self.visit_all((child for child in children[:-1] if child.kind.is_expression()), True)
        self.visit_body(children[-1])

    def visit_CASE_STMT(self, cursor, live):
        for child in list(cursor.get_children())[1:]:
            self.visit_body(child)

    def visit_DEFAULT_STMT(self, cursor, live):
        for child in cursor.get_children():
            self.visit_body(child)

    def visit_RETURN_STMT(self, cursor, live):
        for child in cursor.get_children():
            inner = self.inner(child)
            source = self.source(child)
            operator = self.operator_of(inner)
            if self.returns_reference:
                self.visit(child, True)
                continue
            literal = inner.kind in (Kind.CXX_BOOL_LITERAL_EXPR, Kind.INTEGER_LITERAL)
            if is_bool(child) and not literal and not (operator and operator[0] in ("==", "!=")):
                self.change(child, f"!({source})", f"return {source} -> its opposite")
            elif is_integer(child) and not literal and operator is None and inner.kind != Kind.CONDITIONAL_OPERATOR:
                self.change(child, f"({source}) + 1", f"return {source} -> one more")
            self.visit(child, True)

    # Expressions.

    def operator_of(self, cursor):
        """The operator of a binary expression and its two operands; None if it is none."""
        if cursor.kind in (Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR):
            operands = list(cursor.get_children())
        elif cursor.kind == Kind.CALL_EXPR and cursor.spelling.startswith("operator"):
            operands = list(cursor.get_arguments())
            if len(operands) == 1:  # a member
                operands = [next(cursor.get_children()), *operands]
        else:
            return None
        if len(operands) != 2 or any(operand is None for operand in operands):
            return None
        between = self.text[operands[0].extent.end.offset:operands[1].extent.start.offset]
        between = re.sub(r"//[^\n]*|/\*.*?\*/", "", between).strip().strip("()").strip()
        return (between, *operands) if between in OPERATORS or between == "=" else None

    def binary(self, cursor, live):
        found = self.operator_of(cursor)
        if found is not None and found[0] != "=":
            operator, left, right = found
            is_class = cursor.kind == Kind.CALL_EXPR
            if operator in ("+", "+=") and (is_text(cursor) or is_text(left)):
                return
            if not (is_class and operator not in CLASS_OPERATORS):
                self.change_operator(cursor, operator, left, right)
        self.visit_all(cursor.get_children(), live)

    def change_operator(self, cursor, operator, left, right):
        start, end = self.extent(cursor)
        before = self.text[start:left.extent.end.offset]
        after = self.text[right.extent.start.offset:end]
        between = self.text[left.extent.end.offset:right.extent.start.offset]
        source = self.source(cursor)
        if operator in ("+", "-") and not self.is_closed(cursor, left, right):
            moved = plain(cursor) == plain(left)  # a place and a distance; otherwise the distance of two places
            self.change(cursor, *((self.source(left), f"{source} -> {self.source(left)}") if moved else
                                  (f"({source}) + 1", f"{source} -> one more")))
            return
        if operator in ("==", "!=") and cursor.kind == Kind.CALL_EXPR:  # a class may have but one of them
            self.change(cursor, f"!({source})", f"{source} -> its opposite")
            return
        if operator in ("+=", "-=") and cursor.kind == Kind.CALL_EXPR and plain(left) != plain(right):
            return
        for other in OPERATORS[operator]:
            self.change(cursor, before + between.replace(operator, other, 1) + after, f"{operator} -> {other} in {source}")
        if operator in ("&&", "||"):
            self.change(cursor, f"static_cast<bool>({self.source(right)})",
                        f"{self.source(left)} {operator} left out before {self.source(right)}")
            self.change(cursor, f"static_cast<bool>({self.source(left)})",
                        f"{operator} {self.source(right)} left out after {self.source(left)}")

    @staticmethod
    def is_closed(cursor, left, right):
        """Whether a sum or difference has the type of both operands: then one is as possible as the other."""
        numbers = all(TypeKind.BOOL.value <= canonical(one).kind.value <= TypeKind.LONGDOUBLE.value
                      for one in (left, right))
        return numbers or canonical(cursor).kind == TypeKind.DEPENDENT or plain(cursor) == plain(left) == plain(right)

    visit_BINARY_OPERATOR = visit_COMPOUND_ASSIGNMENT_OPERATOR = binary

    def visit_CALL_EXPR(self, cursor, live):
        called = cursor.referenced
        scope = called.semantic_parent if called is not None else None
        while scope is not None and scope.kind != Kind.TRANSLATION_UNIT:
            if scope.spelling == "fmt":  # the text of a message
                return
            scope = scope.semantic_parent
        self.binary(cursor, live)

    def visit_UNARY_OPERATOR(self, cursor, live):
        operand = next(cursor.get_children())
        source = self.source(cursor)
        inside = self.source(operand)
        if source.startswith(("++", "--")) or source.endswith(("++", "--")):
            other = source.replace("++", "--") if "++" in source else source.replace("--", "++")
            self.change(cursor, other, f"{source} -> {other}")
        elif source.startswith("!"):
            self.change(cursor, f"static_cast<bool>({inside})", f"{source} -> {inside}")
        elif source.startswith(("~", "-")):
            self.change(cursor, inside, f"{source} -> {inside}")
            if source.startswith("-"):
                return
        self.visit(operand, live)

    def visit_INTEGER_LITERAL(self, cursor, live):
        source = self.source(cursor)
        start, end = self.extent(cursor)
        in_template = re.search(r"\w<$|\w<[^<>();]*, $", self.text[:start]) and re.match(r"[^<>();]*>", self.text[end:])
        if not live or not re.match(r"[0-9]", source) or in_template:
            return
        self.change(cursor, f"{source} + 1", f"{source} -> one more")
        if not re.fullmatch(r"0[xb]?0*[uUlL]*", source):
            self.change(cursor, f"{source} - 1", f"{source} -> one less")

    def visit_FLOATING_LITERAL(self, cursor, live):
        source = self.source(cursor)
        if live and re.match(r"[0-9]", source):
            self.change(cursor, f"{source} + 1", f"{source} -> one more")

    def visit_CXX_BOOL_LITERAL_EXPR(self, cursor, live):
        source = self.source(cursor)
        if live and source in ("true", "false"):
            other = "false" if source == "true" else "true"
            self.change(cursor, other, f"{source} -> {other}")

    def visit_DECL_REF_EXPR(self, cursor, live):
        """A name of an enumeration becomes the next one."""
        named = cursor.referenced
        if not live or named is None or named.kind != Kind.ENUM_CONSTANT_DECL or named.location.file is None:
            return
        if not os.path.abspath(named.location.file.name).startswith(self.root):
            return
        names = [child.spelling for child in named.semantic_parent.get_children()
                 if child.kind == Kind.ENUM_CONSTANT_DECL]
        source = self.source(cursor)
        if len(names) > 1 and source.endswith(named.spelling):
            other = names[(names.index(named.spelling) + 1) % len(names)]
            self.change(cursor, source[:len(source) - len(named.spelling)] + other, f"{source} -> {other}")

    def visit_MEMBER_REF_EXPR(self, cursor, live):
        """What is called on, but no argument of a template."""
        for child in cursor.get_children():
            if child.extent.start.offset < cursor.location.offset:
                self.visit(child, live)


def sites(path, root, arguments):
    return Reader(path, root, arguments).read()
