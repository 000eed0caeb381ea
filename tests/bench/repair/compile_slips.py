"""Slips that a compiler notices; Python's, when the code runs."""

import re

from source import Change, arguments_swapped, is_member, misspelt, names, replace, swap_table

IMPORT = {"c": r"#include .*", "cpp": r"#include .*", "python": r"(import|from) .*", "typescript": r"import .*",
          "go": r'\t"[\w/]+"|import "[\w/]+"', "rust": r"use .*;"}
TYPES = {"c": ["int", "char", "double", "size_t", "unsigned"],
         "cpp": ["int", "std::string", "double", "bool", "std::size_t"],
         "typescript": ["number", "string", "boolean"], "go": ["int", "string", "float64", "bool", "int64"],
         "rust": ["usize", "i64", "u32", "String", "bool", "f64"]}
FOREIGN = {
    "c": {"NULL": "nullptr", "else if": "elif", "&&": "and then", "->": ".", "size_t": "usize"},
    "cpp": {"nullptr": "null", "std::nullopt": "nullptr", "else if": "elif", "&&": "and then", "std::string": "String",
            "push_back": "append", "size()": "length", "->": "."},
    "python": {"None": "null", "True": "true", "False": "false", "and": "&&", "or": "||", "not ": "!", "elif": "else if",
               "self.": "this.", "+= 1": "++", "append": "push", "len(": "size("},
    "typescript": {"===": "=", "undefined": "None", "length": "size", "push": "append", "else if": "elif", "&&": "and",
                   "const": "let mut", "number": "int", "true": "True", "string": "str"},
    "go": {"nil": "null", ":=": "=", "range": "in", "string": "String", "func": "function", "&&": "and", "else if": "elif",
           "append": "push", "len(": "size("},
    "rust": {"None": "null", "&&": "and", "else if": "elif", "usize": "size_t", "fn": "func", "len()": "length",
             "let mut": "var", "+= 1": "++", "String": "string", "push": "append", "match": "switch"},
}


def misspelt_name(source):
    """At a use, not a declaration: the name stands somewhere before."""
    seen, changes = set(), []
    for i in names(source):
        t = source.tokens[i]
        if t.text in seen and not is_member(source, i) and len(t.text) > 2:
            changes.append(replace(t, misspelt(t.text, source.rng)))
        seen.add(t.text)
    return changes


def misspelt_member(source):
    return [replace(source.tokens[i], misspelt(source.word(i), source.rng))
            for i in names(source) if is_member(source, i) and len(source.word(i)) > 2]


def misspelt_keyword(source):
    words = {"return", "const", "while", "else", "static", "continue", "import", "function", "match", "struct", "class",
             "range", "append", "string", "elif", "raise", "lambda", "not", "let", "impl", "func", "break", "switch"}
    return [replace(t, misspelt(t.text, source.rng)) for t in source.tokens if t.text in words]


def misspelt_type(source):
    words = {word for types in TYPES.get(source.language, []) for word in types.split("::")} - {"std"}
    return [replace(t, misspelt(t.text, source.rng)) for t in source.tokens
            if t.kind == "word" and (t.text in words or (t.text[0].isupper() and t.text[1:2].islower()))]


def renamed_declaration(source):
    """A name misspelt where it first stands: every use complains."""
    seen, changes = set(), []
    for i in names(source):
        t = source.tokens[i]
        if t.text not in seen and len(t.text) > 2:
            changes.append(replace(t, misspelt(t.text, source.rng)))
        seen.add(t.text)
    return changes


def missing_import(source):
    pattern = re.compile(IMPORT[source.language])
    return [Change(start, end + 1, "") for i, (start, end) in enumerate(source.lines)
            if pattern.fullmatch(source.line_text(i))]


def missing_mark(marks):
    return lambda source: [replace(t, "") for t in source.tokens if t.kind == "mark" and t.text in marks]


def extra_mark(source):
    return [Change(t.end, t.end, t.text) for t in source.tokens if t.text in ("(", ")", "{", "}", "]", ",", ":")]


def wrong_bracket(source):
    other = {")": "]}", "]": ")}", "}": ")", "(": "[{", "[": "("}
    return [replace(t, source.rng.choice(other[t.text])) for t in source.tokens if t.text in other]


def unclosed_string(source):
    return [Change(t.end - 1, t.end, "") for t in source.tokens if t.kind == "string" and "\n" not in t.text]


def missing_declaration(source):
    """Without the word, or the colon, that declares."""
    words = {"const", "let", "var", "auto", "int", "double", "def", "fn", "func", "function", "long", "bool"}
    changes = [Change(t.start, source.tokens[i + 1].start, "") for i, t in enumerate(source.tokens[:-1])
               if t.text in words and source.tokens[i + 1].kind == "word"]
    return changes + [replace(t, "=") for t in source.tokens if t.text == ":="]


def wrong_type(source):
    changes = []
    for types in [TYPES.get(source.language, [])]:
        pattern = "|".join(rf"(?<![\w:]){re.escape(one)}(?![\w:])" for one in types)
        for m in re.finditer(pattern or "(?!)", source.text):
            others = [one for one in types if one != m.group()]
            changes.append(Change(m.start(), m.end(), source.rng.choice(others)))
    return changes


def missing_return(source):
    return [Change(t.start, source.tokens[i + 1].start, "") for i, t in enumerate(source.tokens[:-1])
            if t.text == "return" and source.tokens[i + 1].text != ";"]


def missing_visibility(source):
    changes = [Change(t.start, source.tokens[i + 1].start, "") for i, t in enumerate(source.tokens[:-1])
               if t.text in ("pub", "export")]
    if source.language == "go":
        changes += [replace(t, t.text[0].lower() + t.text[1:]) for i, t in enumerate(source.tokens)
                    if is_member(source, i) and t.text[0].isupper()]
    return changes


def const_misuse(source):
    changes = [Change(t.start, source.tokens[i + 1].start, "") for i, t in enumerate(source.tokens[:-1]) if t.text == "mut"]
    if source.language == "typescript":
        changes += [replace(t, "const") for t in source.tokens if t.text == "let"]
    if source.language == "cpp":
        changes += [Change(m.end(), m.end(), "const ") for m in
                    re.finditer(r"\n +(?=(int|long|double|bool|std::size_t|std::string|Matrix|Date) \w+[;( =])", source.text)]
        changes += [Change(m.start(), m.end(), ")") for m in re.finditer(r"\) const(?= \{)", source.text)]
    return changes


def missing_reference(source):
    """Without the mark that takes a reference or follows one."""
    changes = [replace(t, "") for i, t in enumerate(source.tokens) if t.text in ("&", "*")
               and (source.word(i - 1) in ("(", ",", "=", "in", "return", ":") or source.language in ("c", "cpp"))]
    return changes + swap_table(source, {"->": ["."], "::": ["."]})


def missing_argument(source):
    return [c for i, t in enumerate(source.tokens) if t.text == "," and (c := _argument_behind(source, i))]


def _argument_behind(source, comma):
    depth = 0
    for j in range(comma + 1, min(comma + 14, len(source.tokens))):
        word = source.word(j)
        if word in ("(", "[", "{"):
            depth += 1
        elif word in (")", "]", "}") and depth > 0:
            depth -= 1
        elif depth == 0 and word in (")", ",", ";"):
            return Change(source.tokens[comma].start, source.tokens[j - 1].end, "") if word == ")" else None
    return None


def foreign_spelling(source):
    changes = []
    for here, there in FOREIGN[source.language].items():
        edge = r"\b" if here[0].isalpha() else ""
        for m in re.finditer(edge + re.escape(here) + (r"\b" if here[-1].isalpha() else ""), source.text):
            changes.append(Change(m.start(), m.end(), there))
    return changes


def wrong_indentation(source):
    if source.language != "python":
        return []
    return [Change(start, start + 4, "") if source.rng.random() < 0.5 else Change(start, start, "    ")
            for i, (start, _) in enumerate(source.lines) if re.match(r" {8}\w", source.line_text(i))]


def unused_name(source):
    """Go does not let a name stand about."""
    if source.language != "go":
        return []
    changes = [Change(start, start, "\tspare := 0\n") for i, (start, _) in enumerate(source.lines)
               if re.match(r"\treturn ", source.line_text(i))]
    return changes + [Change(m.end(), m.end(), '\t"os"\n') for m in re.finditer(r"import \(\n", source.text)]


COMPILE = {
    "misspelt name": misspelt_name, "misspelt member": misspelt_member, "misspelt keyword": misspelt_keyword,
    "misspelt type": misspelt_type, "renamed declaration": renamed_declaration, "missing import": missing_import,
    "missing semicolon": missing_mark({";"}), "missing parenthesis": missing_mark({"(", ")"}),
    "missing brace": missing_mark({"{", "}"}), "missing bracket": missing_mark({"[", "]"}),
    "missing colon": missing_mark({":"}), "missing comma": missing_mark({","}), "extra mark": extra_mark,
    "wrong bracket": wrong_bracket, "unclosed string": unclosed_string, "missing declaration": missing_declaration,
    "wrong type": wrong_type, "missing return": missing_return, "missing visibility": missing_visibility,
    "const misuse": const_misuse, "missing reference": missing_reference, "missing argument": missing_argument,
    "swapped arguments": arguments_swapped, "foreign spelling": foreign_spelling,
    "wrong indentation": wrong_indentation, "unused name": unused_name,
}
