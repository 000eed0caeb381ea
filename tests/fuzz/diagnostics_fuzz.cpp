// What a command printed: any bytes, made of outputs of real tools with lines of one put among
// another's, cut and doubled. What comes of it is in the limits, clean and the same each time.

#include <algorithm>

#include "lsp/assist/repair/diagnostic.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/lsp/assist/diagnostic_text.h"

namespace curlew::fuzz {
namespace {

using namespace curlew::assist;  // NOLINT: a program of its own

constexpr std::size_t kCountMax = 2000;  // errors, and as many of the rest

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void check(const SourcePlace& place) {
  promise(place.line >= 0 && place.column >= 0 && place.end_line >= 0 && place.end_column >= 0,
          "places count from one");
}

void check(const Diagnostic& d) {
  check(d.place);
  promise(is_clean(d.message) && is_clean(d.code) && is_clean(d.test), "texts are one line");
  promise(!d.source.empty(), "a reader says its name");
  for (const FixIt& fixit : d.fixits) check(fixit.place);
  for (const Diagnostic::Note& note : d.notes) {
    check(note.place);
    promise(is_clean(note.message), "notes are one line");
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

}  // namespace

std::vector<Bytes> good_inputs() {
  std::vector<Bytes> inputs = seed_files("../../data/diagnostics");
  inputs.push_back(to_bytes("src/a.c:3:5: error: x [-Wall]\nfix-it:\"src/a.c\":{3:5-3:6}:\"y\"\n"));
  return inputs;
}

// A line is left out, doubled, moved, or replaced by one of another tool; or bytes change.
void break_one_place(Bytes& input, Dice& dice) {
  static const std::vector<Bytes> others = good_inputs();
  std::vector<std::string_view> lines = lines_of(as_text(input));
  if (lines.empty() || dice.one_in(3)) return break_bytes(input, dice);
  const std::vector<std::string_view> foreign = lines_of(as_text(dice.one_of(others)));
  const std::size_t at = dice.below(lines.size());
  switch (dice.below(4)) {
    case 0:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                   lines[dice.below(lines.size())]);
      break;
    case 2:
      std::swap(lines[at], lines[dice.below(lines.size())]);
      break;
    default:
      if (!foreign.empty()) lines[at] = foreign[dice.below(foreign.size())];
  }
  std::string joined;
  for (const std::string_view line : lines) joined += line;
  input = to_bytes(joined);
}

}  // namespace curlew::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace curlew;  // NOLINT: one function
  const assist::ReadOptions options{.root = "/w", .folder = "src"};
  const auto found = assist::read_diagnostics(fuzz::as_text({data, size}), options);
  fuzz::promise(found.size() <= fuzz::kCountMax, "there is an end");
  for (const assist::Diagnostic& d : found) {
    fuzz::check(d);
    fuzz::promise(assist::same_complaint(d, d), "a complaint is its own like");
  }
  fuzz::promise(assist::to_text(found) ==
                    assist::to_text(assist::read_diagnostics(fuzz::as_text({data, size}), options)),
                "the same output is read the same");
  return 0;
}
