#include "lsp/assist/repair/vocabulary.h"

#include <algorithm>
#include <string>

namespace curlew::assist {
namespace {

using Words = std::span<const std::string_view>;

// clang-format off
constexpr std::string_view kCppWords[] = {
    "alignas", "alignof", "auto", "bool", "break", "case", "catch", "char", "class", "const", "const_cast", "constexpr", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "extern", "false", "final", "float", "for", "friend", "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "nullptr", "operator", "override", "private", "protected", "public", "reinterpret_cast", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "std", "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "while",
    "#include", "include", "pragma", "define", "string", "vector", "size_t", "string_view", "optional", "pair", "map", "set", "function", "unique_ptr", "make_unique", "move"};
constexpr std::string_view kPythonWords[] = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "self", "match", "case",
    "abs", "all", "any", "bool", "bytes", "callable", "chr", "classmethod", "dict", "divmod", "enumerate", "filter", "float", "frozenset", "getattr", "hasattr", "hash", "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next", "object", "open", "ord", "pow", "print", "property", "range", "repr", "reversed", "round", "set", "setattr", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "zip", "Exception", "IndexError", "KeyError", "NotImplementedError", "OSError", "RuntimeError", "StopIteration", "TypeError", "ValueError", "ZeroDivisionError", "__init__", "__name__", "__repr__", "__str__", "__eq__", "__len__"};
constexpr std::string_view kTypeScriptWords[] = {
    "abstract", "any", "as", "async", "await", "boolean", "break", "case", "catch", "class", "const", "constructor", "continue", "declare", "default", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for", "from", "function", "get", "if", "implements", "import", "in", "instanceof", "interface", "keyof", "let", "namespace", "never", "new", "null", "number", "object", "of", "private", "protected", "public", "readonly", "return", "set", "static", "string", "super", "switch", "symbol", "this", "throw", "true", "try", "type", "typeof", "undefined", "unknown", "var", "void", "while", "yield",
    "Array", "Map", "Set", "Promise", "Error", "RangeError", "TypeError", "Object", "String", "Number", "Boolean", "Math", "Date", "JSON", "RegExp", "console", "parseInt", "parseFloat", "isNaN", "ReadonlyArray", "Record", "Partial", "Infinity", "NaN"};
constexpr std::string_view kGoWords[] = {
    "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto", "if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
    "append", "bool", "byte", "cap", "close", "complex", "copy", "delete", "error", "false", "float32", "float64", "int", "int16", "int32", "int64", "int8", "iota", "len", "make", "new", "nil", "panic", "print", "println", "recover", "rune", "string", "true", "uint", "uint16", "uint32", "uint64", "uint8", "any"};
constexpr std::string_view kRustWords[] = {
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
    "bool", "char", "f32", "f64", "i16", "i32", "i64", "i8", "isize", "str", "u16", "u32", "u64", "u8", "usize", "Box", "Clone", "Copy", "Debug", "Default", "Eq", "Err", "From", "Into", "Iterator", "None", "Ok", "Option", "Ord", "PartialEq", "PartialOrd", "Result", "Some", "String", "ToString", "Vec", "assert_eq", "format", "panic", "println", "vec", "write", "writeln", "derive", "HashMap", "BTreeMap"};

// What Python's built-in types have.
constexpr std::string_view kPythonMembers[] = {
    "add", "append", "as_integer_ratio", "bit_count", "bit_length", "capitalize", "casefold", "center", "clear", "close", "conjugate", "copy", "count", "decode", "denominator", "difference", "difference_update", "discard", "encode", "endswith", "expandtabs", "extend", "find", "flush", "format", "format_map", "from_bytes", "fromhex", "fromkeys", "get", "hex", "imag", "index", "insert", "intersection", "intersection_update", "is_integer", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isdisjoint", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "issubset", "issuperset", "istitle", "isupper", "items", "join", "keys", "ljust", "lower", "lstrip", "maketrans", "numerator", "partition", "pop", "popitem", "read", "readline", "readlines", "real", "remove", "removeprefix", "removesuffix", "replace", "reverse", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "seek", "setdefault", "sort", "split", "splitlines", "startswith", "strip", "swapcase", "symmetric_difference", "symmetric_difference_update", "tell", "title", "to_bytes", "translate", "union", "update", "upper", "values", "write", "writelines", "zfill"};
// What the packages of Go's library have that are imported most.
constexpr std::string_view kGoMembers[] = {
    "Abs", "Add", "After", "Append", "AppendInt", "Args", "As", "Atoi", "Background", "Base", "Buffer", "Builder", "Ceil", "Chdir", "Clean", "Close", "Compare", "Contains", "ContainsAny", "ContainsRune", "Copy", "Count", "Create", "Cut", "DeepEqual", "Dir", "Done", "Duration", "EOF", "Equal", "EqualFold", "Error", "Errorf", "Exit", "Exp", "Ext", "Fatal", "Fatalf", "Fields", "FieldsFunc", "Find", "Floor", "FormatInt", "Fprint", "Fprintf", "Fprintln", "Getenv", "HasPrefix", "HasSuffix", "Hour", "Hypot", "Index", "IndexByte", "IndexRune", "Inf", "Int", "Ints", "Is", "IsDigit", "IsLetter", "IsLower", "IsNaN", "IsSpace", "IsUpper", "Itoa", "Join", "LastIndex", "LeadingZeros", "LeadingZeros64", "Len", "Len64", "Lock", "Log", "Log2", "Map", "Marshal", "Max", "MaxInt", "MaxInt64", "MaxUint64", "Millisecond", "Min", "MinInt", "Minute", "MkdirAll", "Mod", "MustCompile", "Mutex", "NaN", "New", "NewBuffer", "NewReader", "NewScanner", "NewWriter", "Now", "Once", "OnesCount", "OnesCount64", "Open", "ParseBool", "ParseFloat", "ParseInt", "Parse", "Pi", "Pop", "Pow", "Print", "Printf", "Println", "Push", "Quote", "Read", "ReadAll", "ReadFile", "Reader", "Remove", "Repeat", "Replace", "ReplaceAll", "Reverse", "Round", "RUnlock", "RLock", "RWMutex", "Scan", "Search", "SearchInts", "Second", "Seek", "Since", "Sleep", "Slice", "SliceStable", "Sort", "Split", "SplitN", "Sprint", "Sprintf", "Sprintln", "Sqrt", "Sscanf", "Stable", "Stat", "Stderr", "Stdin", "Stdout", "String", "Strings", "Sub", "Sum", "Text", "Time", "Title", "ToLower", "ToUpper", "TrailingZeros", "TrailingZeros64", "Trim", "TrimFunc", "TrimLeft", "TrimPrefix", "TrimRight", "TrimSpace", "TrimSuffix", "Trunc", "Unlock", "Unmarshal", "Unquote", "Unwrap", "Wait", "WaitGroup", "WithCancel", "WithTimeout", "Write", "WriteByte", "WriteFile", "WriteRune", "WriteString", "Writer"};

constexpr std::string_view kCppTypes[] = {"int", "std::string", "double", "bool", "std::size_t", "void", "auto", "long", "char", "float", "unsigned", "std::string_view", "std::int64_t", "std::uint32_t", "std::uint8_t"};
constexpr std::string_view kTypeScriptTypes[] = {"number", "string", "boolean", "void", "unknown", "string[]", "number[]", "undefined", "null"};
constexpr std::string_view kGoTypes[] = {"int", "string", "float64", "bool", "int64", "error", "byte", "rune", "uint64", "[]string", "[]int", "uint", "int32", "float32"};
constexpr std::string_view kRustTypes[] = {"usize", "i64", "u32", "String", "bool", "f64", "i32", "u64", "u8", "&str", "char", "f32", "isize", "()"};

// By who calls it so: the words of a row mean the same in different languages.
struct Meaning {
  std::string_view others;  // separated by blanks: words of any language
  std::string_view cpp, python, typescript, go, rust;  // several are separated by '|'
};
constexpr Meaning kMeanings[] = {
    {"null nil None nullptr NULL undefined nullopt", "nullptr|std::nullopt|NULL", "None", "null|undefined", "nil", "None"},
    {"True true TRUE yes", "true", "True", "true", "true", "true"},
    {"False false FALSE no", "false", "False", "false", "false", "false"},
    {"elif elsif elseif", "else if", "elif", "else if", "else if", "else if"},
    {"and &&", "&&", "and", "&&", "&&", "&&"}, {"or ||", "||", "or", "||", "||", "||"}, {"not !", "!", "not ", "!", "!", "!"},
    {"this self me @", "this", "self", "this", "", "self"},
    {"def fn func function fun sub proc", "auto", "def", "function", "func", "fn"},
    {"var let auto val my", "auto", "", "let|const|var", "var", "let|let mut"}, {"mut", "", "", "let", "", "mut"},
    {"append push add push_back Add Push extend", "push_back|insert|append", "append|add|extend", "push|add", "append", "push|insert|extend"},
    {"length size len count Length Len Count", "size()|length()|size", "len", "length|size", "len", "len()|len"},
    {"string String str Str &str", "std::string|string", "str", "string", "string", "String|str"},
    {"int integer Integer number Number i32 i64 int32 Int long", "int|long|double", "int|float", "number", "int|int64|float64", "i64|i32|usize|u32"},
    {"float double float64 f64 Float real", "double|float", "float", "number", "float64", "f64"},
    {"bool boolean Boolean Bool", "bool", "bool", "boolean", "bool", "bool"},
    {"size_t usize uint unsigned ulong", "std::size_t|size_t|unsigned", "int", "number", "uint|int", "usize|u32|u64"},
    {"switch match select case when", "switch|case", "match", "switch|case", "switch|select|case", "match"},
    {"throw raise panic", "throw", "raise", "throw", "panic", "panic!"},
    {"catch except rescue", "catch", "except", "catch", "recover", ""},
    {"in of range", ":", "in", "of|in", "range", "in"},
    {"print println printf puts echo log", "printf|std::cout", "print", "console.log", "fmt.Println", "println!"},
    {"foreach each until loop", "for|while", "for|while", "for|while", "for", "loop|for|while"},
    {"list List vector Vec array Array ArrayList", "std::vector|std::array", "list", "Array", "", "Vec"},
    {"dict map Map HashMap hash table object", "std::map", "dict", "Map", "map", "HashMap|BTreeMap"},
    {"char Char rune character", "char", "str", "string", "rune|byte", "char"},
    {"import include use using require from #include", "#include", "import", "import", "import", "use"},
    {"interface trait protocol", "struct", "class", "interface", "interface", "trait"},
    {"public pub export extern", "public", "", "export|public", "", "pub"},
    {"is === ==", "==", "==|is", "===", "==", "=="}, {"!== <> !=", "!=", "!=", "!==", "!=", "!="},
    {"const final constexpr", "const", "", "const", "const", "const|let"},
    {"++", "++", "+= 1", "++", "++", "+= 1"}, {"--", "--", "-= 1", "--", "--", "-= 1"},
    {"->", "->|.", ".", ".|=>", ".", "."}, {"=>", "->", ":", "=>", "", "=>"}, {"::", "::", ".", ".", ".", "::"}, {":=", "=", "=|:=", "=", ":=", "="},
    {"substr substring slice", "substr", "", "slice|substring", "", "get"}, {"toUpperCase upper to_uppercase ToUpper", "toupper", "upper", "toUpperCase", "ToUpper", "to_uppercase"},
    {"toLowerCase lower to_lowercase ToLower", "tolower", "lower", "toLowerCase", "ToLower", "to_lowercase"},
    {"contains includes has Contains has_key", "contains|count", "", "includes|has", "Contains", "contains|contains_key"},
    {"startswith startsWith starts_with HasPrefix", "starts_with", "startswith", "startsWith", "HasPrefix", "starts_with"},
    {"endswith endsWith ends_with HasSuffix", "ends_with", "endswith", "endsWith", "HasSuffix", "ends_with"},
    {"trim strip Trim TrimSpace", "", "strip", "trim", "TrimSpace", "trim"},
    {"delete remove erase pop discard Delete", "erase", "remove|pop|discard", "delete|pop", "delete", "remove|pop"},
    {"toString to_string str Sprint String", "std::to_string", "str", "toString|String", "fmt.Sprint", "to_string"},
    {"lambda function fn func", "", "lambda", "function", "func", ""},
    {"pass continue", "continue", "pass|continue", "continue", "continue", "continue"}};
// clang-format on

enum class Tongue { kNone, kCpp, kPython, kTypeScript, kGo, kRust };

Tongue tongue_of(const indexer::Language* language) {
  if (language == nullptr) return Tongue::kNone;
  const std::string_view name = language->name;
  if (name == "cpp" || name == "c" || name == "cuda") return Tongue::kCpp;
  if (name == "python") return Tongue::kPython;
  if (name == "typescript" || name == "tsx" || name == "javascript") return Tongue::kTypeScript;
  if (name == "go") return Tongue::kGo;
  return name == "rust" ? Tongue::kRust : Tongue::kNone;
}

bool holds(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::string_view here(const Meaning& meaning, Tongue tongue) {
  switch (tongue) {
    case Tongue::kCpp:
      return meaning.cpp;
    case Tongue::kPython:
      return meaning.python;
    case Tongue::kTypeScript:
      return meaning.typescript;
    case Tongue::kGo:
      return meaning.go;
    case Tongue::kRust:
      return meaning.rust;
    case Tongue::kNone:
      break;
  }
  return {};
}

}  // namespace

Words own_words(const indexer::Language* language) {
  switch (tongue_of(language)) {
    case Tongue::kCpp:
      return kCppWords;
    case Tongue::kPython:
      return kPythonWords;
    case Tongue::kTypeScript:
      return kTypeScriptWords;
    case Tongue::kGo:
      return kGoWords;
    case Tongue::kRust:
      return kRustWords;
    case Tongue::kNone:
      break;
  }
  return {};
}

Words library_members(const indexer::Language* language) {
  const Tongue tongue = tongue_of(language);
  if (tongue == Tongue::kPython) return kPythonMembers;
  if (tongue == Tongue::kGo) return kGoMembers;
  return {};
}

Words common_types(const indexer::Language* language) {
  switch (tongue_of(language)) {
    case Tongue::kCpp:
      return kCppTypes;
    case Tongue::kTypeScript:
      return kTypeScriptTypes;
    case Tongue::kGo:
      return kGoTypes;
    case Tongue::kRust:
      return kRustTypes;
    case Tongue::kPython:
    case Tongue::kNone:
      break;
  }
  return {};
}

std::vector<std::string_view> meant_by(std::string_view word, const indexer::Language* language) {
  std::vector<std::string_view> found;
  const Tongue tongue = tongue_of(language);
  for (const Meaning& meaning : kMeanings) {
    std::string_view left = here(meaning, tongue);
    if (!holds(meaning.others, word)) continue;
    while (!left.empty()) {
      const bool is_whole = left[0] == '|';  // "||" is a word, no separator
      const std::size_t bar = is_whole ? left.size() : std::min(left.find('|'), left.size());
      const std::string_view one = left.substr(0, bar);
      if (one != word && std::ranges::find(found, one) == found.end()) found.push_back(one);
      left.remove_prefix(std::min(bar + 1, left.size()));
    }
  }
  return found;
}

}  // namespace curlew::assist
