// Linkers: GNU ld ("FILE:LINE: undefined reference to `x'", without debugging information
// "x.cpp:(.text+0xb): ..."), lld and mold ("undefined symbol: x", then ">>> referenced by"). They
// name no columns; a symbol that many places want is a diagnostic for each with ld.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

constexpr std::string_view kComplaints[] = {"undefined reference to ", "multiple definition of "};

class LinkerReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    Cursor cursor(line.text);
    if (cursor.take(">>> ")) return reference(cursor, report);
    if (cursor.take("ld.lld: error: ") || cursor.take("mold: error: ")) return bare(cursor, report);
    if (cursor.take("collect2: error: ")) return true;
    const bool named = take_program(cursor);
    if (gnu(cursor.rest(), report)) return true;
    if (!named) return false;
    if (cursor.take("cannot find "))
      return bare(Cursor(line.text.substr(line.text.find("cannot find "))), report);
    return true;  // "x.o: in function `main':", warnings of relocations
  }

 private:
  // "/usr/bin/ld: ", "/usr/bin/aarch64-linux-gnu-ld.bfd: "
  static bool take_program(Cursor& cursor) {
    Cursor ahead = cursor;
    const auto program = ahead.take_until(": ");
    if (!program || program->find(' ') != program->npos) return false;
    const std::string_view name = program->substr(program->rfind('/') + 1);
    if (!name.ends_with("ld") && !name.ends_with("ld.bfd") && !name.ends_with("ld.gold"))
      return false;
    cursor = ahead;
    return true;
  }

  static bool gnu(std::string_view text, Report& report) {
    for (const std::string_view complaint : kComplaints) {
      const std::size_t said = text.find(complaint);
      if (said == text.npos) continue;
      report.add({.place = place_before(text.substr(0, said)),
                  .message = std::string(text.substr(said)),
                  .source = "ld"});
      return true;
    }
    return false;
  }

  // "FILE:LINE: ", "x.o: in function `f':x.cpp:(.text+0xb): ", "x.o:(.rodata+0x0): "
  static SourcePlace place_before(std::string_view text) {
    if (const std::size_t function = text.find("':"); function != text.npos)
      text.remove_prefix(function + 2);
    if (const auto at = colon_place(text)) return at->place;
    const std::string_view path = text.substr(0, text.find(":("));
    return names_file(path) ? SourcePlace{std::string(path)} : SourcePlace{};
  }

  static bool bare(Cursor cursor, Report& report) {
    report.add({.message = std::string(cursor.rest()), .source = "ld"});
    return true;
  }

  // "referenced by link.cpp:3 (src/link.cpp:3)", "defined at ...": the first is the place.
  static bool reference(Cursor cursor, Report& report) {
    Diagnostic* open = report.open();
    if (open == nullptr || open->source != "ld") return true;
    const std::string_view text = cursor.rest();
    const std::size_t paren = text.find(" (");
    std::optional<Placed> at;
    if (cursor.take("referenced by ") || cursor.take("defined at "))
      at = colon_place(paren == text.npos ? cursor.rest() : text.substr(paren + 2));
    if (at && open->place.path.empty()) {
      open->place = at->place;
      open->place.path = report.path_of(at->place.path);
    } else {
      report.note(text, at ? at->place : SourcePlace{});
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> read_linker() {
  return make_reader<LinkerReader>();
}

}  // namespace curlew::assist
