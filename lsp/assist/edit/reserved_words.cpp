#include "lsp/assist/edit/reserved_words.h"

#include <fmt/format.h>

#include <string>

namespace curlew::assist {
namespace {

// Each between blanks.
constexpr std::string_view kC =
    " auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union "
    "unsigned void volatile while _Bool _Complex _Atomic _Generic _Noreturn _Static_assert "
    "_Thread_local ";
// Besides C's; headers (".h") are read as C++, too.
constexpr std::string_view kCpp =
    " alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class "
    "co_await co_return co_yield compl concept const_cast consteval constexpr constinit decltype "
    "delete dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq "
    "nullptr operator or or_eq private protected public reinterpret_cast requires static_assert "
    "static_cast template this thread_local throw true try typeid typename using virtual wchar_t "
    "xor "
    "xor_eq ";
constexpr std::string_view kJava =
    " abstract assert boolean break byte case catch char class const continue default do double "
    "else "
    "enum extends final finally float for goto if implements import instanceof int interface long "
    "native new package private protected public return short static strictfp super switch "
    "synchronized this throw throws transient try void volatile while true false null _ ";
constexpr std::string_view kCSharp =
    " abstract as base bool break byte case catch char checked class const continue decimal "
    "default "
    "delegate do double else enum event explicit extern false finally fixed float for foreach goto "
    "if "
    "implicit in int interface internal is lock long namespace new null object operator out "
    "override "
    "params private protected public readonly ref return sbyte sealed short sizeof stackalloc "
    "static "
    "string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using "
    "virtual "
    "void volatile while ";
constexpr std::string_view kGo =
    " break case chan const continue default defer else fallthrough for func go goto if import "
    "interface map package range return select struct switch type var ";
constexpr std::string_view kRust =
    " as async await break const continue crate dyn else enum extern false fn for if impl in let "
    "loop "
    "match mod move mut pub ref return self Self static struct super trait true type unsafe use "
    "where "
    "while abstract become box do final macro override priv try typeof unsized virtual yield _ ";
constexpr std::string_view kScript =
    " await break case catch class const continue debugger default delete do else enum export "
    "extends "
    "false finally for function if import in instanceof new null return super switch this throw "
    "true "
    "try typeof var void while with yield let static implements interface package private "
    "protected "
    "public ";
constexpr std::string_view kPython =
    " False None True and as assert async await break class continue def del elif else except "
    "finally "
    "for from global if import in is lambda nonlocal not or pass raise return try while with "
    "yield ";

struct Words {
  std::string_view language, words;
};
constexpr Words kWords[] = {{"c", kC},
                            {"cpp", kC},
                            {"cpp", kCpp},
                            {"cuda", kC},
                            {"cuda", kCpp},
                            {"java", kJava},
                            {"c_sharp", kCSharp},
                            {"go", kGo},
                            {"rust", kRust},
                            {"javascript", kScript},
                            {"typescript", kScript},
                            {"tsx", kScript},
                            {"python", kPython}};

}  // namespace

bool is_reserved(const indexer::Language* language, std::string_view word) {
  if (language == nullptr || word.empty()) return false;
  const std::string padded = fmt::format(" {} ", word);
  for (const auto& [name, words] : kWords)
    if (name == language->name && words.find(padded) != words.npos) return true;
  return false;
}

}  // namespace curlew::assist
