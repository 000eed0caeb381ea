// make, and ninja where they name folders: relative paths of the compilers they run start there.
#include "lsp/assist/repair/readers/reader.h"

namespace curlew::assist {
namespace {

// "Entering directory 'x'", and `x' as older ones quote.
std::optional<std::string_view> folder_after(std::string_view text, std::string_view verb) {
  Cursor cursor(text);
  if (!cursor.take(verb) || !(cursor.take("'") || cursor.take("`"))) return std::nullopt;
  return cursor.take_until("'");
}

// What make says because a command of its own failed; that command has said why.
bool is_echo(std::string_view message) {
  return message.find("] Error ") != message.npos || message.find(" (ignored)") != message.npos ||
         message.starts_with("Waiting for unfinished") || message.starts_with("[");
}

class MakeReader : public Reader {
 public:
  bool read(const Line& line, Report& report) override {
    if (line.at) return stopped(line.at->message(), line.at->place, report);
    Cursor cursor(line.text);
    if (!cursor.take("make") && !cursor.take("gmake") && !cursor.take("ninja")) return false;
    if (cursor.take("[")) cursor.take_until("]");
    if (!cursor.take(": ")) return false;
    if (const auto entered = folder_after(cursor.rest(), "Entering directory "))
      report.enter_folder(*entered);
    else if (const auto left = folder_after(cursor.rest(), "Leaving directory "))
      report.leave_folder(*left);
    else
      return stopped(cursor.rest(), {}, report) || cursor.rest().starts_with("build stopped");
    return true;
  }

 private:
  static bool stopped(std::string_view text, SourcePlace place, Report& report) {
    Cursor cursor(text);
    if (!cursor.take("*** ")) return false;
    std::string_view message = cursor.rest();
    if (message.ends_with(".  Stop.")) message.remove_suffix(8);
    if (!is_echo(message))
      report.add({.place = std::move(place), .message = std::string(message), .source = "make"});
    return true;
  }
};

}  // namespace

std::unique_ptr<Reader> read_make() {
  return make_reader<MakeReader>();
}

}  // namespace curlew::assist
