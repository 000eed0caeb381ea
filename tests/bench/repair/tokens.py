"""Cuts source text into tokens: words, numbers, strings, comments, marks. Knows nothing of Curlew's own."""

import re
from dataclasses import dataclass

STRINGS = {
    "python": r'[rbfRBF]{0,2}(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')',
    "rust": r'b?"(?:\\[\s\S]|[^"\\])*"|b?\'(?:\\.[^\']*|[^\'\\])\'',
    "go": r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\'(?:\\.|[^\'\\\n])+\'',
    "cpp": r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
    "typescript": r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\[\s\S]|[^`\\])*`',
}
STRINGS["c"] = STRINGS["cpp"]
COMMENTS = {"python": r"\#[^\n]*"}
C_COMMENT = r"//[^\n]*|/\*[\s\S]*?\*/"
MARKS = (r"<<=|>>=|&\^=|===|!==|\.\.\.|\.\.=|\*\*|//|->|=>|::|:=|<-|\?\?|\?\.|&\^|&&|\|\||[=!<>+\-*/%&|^]=|"
         r"\+\+|--|<<|>>|\.\.|[^\s\w]")


@dataclass(frozen=True)
class Token:
    kind: str  # word, number, string, comment, mark
    text: str
    start: int  # byte offsets: the text is read as Latin-1
    end: int


def tokenize(text, language):
    """All tokens but comments, in order."""
    comment = COMMENTS.get(language, C_COMMENT)
    pattern = re.compile(
        rf"(?P<comment>{comment})|(?P<string>{STRINGS[language]})"
        rf"|(?P<number>\d\w*(?:\.\d\w*)?)|(?P<word>[A-Za-z_]\w*)|(?P<mark>{MARKS})", re.ASCII)
    tokens = [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in pattern.finditer(text)]
    return [t for t in tokens if t.kind != "comment"]
