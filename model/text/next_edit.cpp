// Which next-edit family a model is of, and how much it may rewrite.

#include "model/text/next_edit.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "model/text/next_edit_parts.h"

namespace curlew::model {
namespace {

struct NextEditFamily {
  std::string_view name;
  NextEditLayout layout;
  std::initializer_list<std::string_view> in_names;  // one of them
  std::initializer_list<std::string_view> required;  // all of them in the vocabulary
  std::initializer_list<std::string_view> stop_strings = {};
  int lines_above = 0, lines_below = 0;  // of the region; 0: by bytes
};

// Zed counts three bytes a token where it cuts regions, and so did its training data.
constexpr std::size_t kZetaRegionBytes = 350 * 3;

// More special names first.
const NextEditFamily kFamilies[] = {
    {.name = "zeta-2.1",
     .layout = NextEditLayout::kZeta21,
     .in_names = {"zeta-2.1", "zeta2.1"},
     .required = {"<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"}},
    {.name = "zeta-2",
     .layout = NextEditLayout::kZeta2,
     .in_names = {"zeta-2", "zeta2"},
     .required = {"<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"},
     .stop_strings = {kZeta2Updated}},
    {.name = "zeta",
     .layout = NextEditLayout::kZeta,
     .in_names = {"zeta"},
     .required = {"<|fim_middle|>"},
     .stop_strings = {kZetaRegionEnd}},
    {.name = "sweep-v2",
     .layout = NextEditLayout::kSweepV2,
     .in_names = {"sweep-next-edit-v2"},
     .required = {kFileSep},
     .lines_above = 10,
     .lines_below = 10},
    {.name = "sweep",
     .layout = NextEditLayout::kSweep,
     .in_names = {"sweep"},
     .required = {kFileSep},
     .lines_above = 10,
     .lines_below = 10},
};

std::string normalised(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c == '_' || c == ' ' ? '-' : static_cast<char>(std::tolower(c));
  });
  return out;
}

bool fits(const NextEditFamily& family, const Tokenizer& tokenizer) {
  return std::all_of(
      family.required.begin(), family.required.end(),
      [&](std::string_view spelling) { return tokenizer.find(spelling).has_value(); });
}

NextEditFormat format_of(const NextEditFamily& family, const Tokenizer& tokenizer,
                         std::string why) {
  const SpecialTokens& special = tokenizer.special();
  NextEditFormat format;
  format.family = family.name;
  format.layout = family.layout;
  format.add_bos = special.add_bos && special.bos >= 0;
  format.stop_tokens = {special.fim_prefix, special.fim_suffix, special.fim_middle,
                        special.fim_pad,    special.repo_name,  special.file_sep};
  std::sort(format.stop_tokens.begin(), format.stop_tokens.end());
  auto& stops = format.stop_tokens;
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  std::erase(stops, -1);
  format.stop_strings.assign(family.stop_strings.begin(), family.stop_strings.end());
  format.why = std::move(why);
  return format;
}

const NextEditFamily& family_of(const NextEditFormat& format) {
  return *std::find_if(
      std::begin(kFamilies), std::end(kFamilies),
      [&](const NextEditFamily& family) { return family.layout == format.layout; });
}

// Begin of the line that `at` stands in, and where the next line begins.
std::size_t line_begin(std::string_view text, std::size_t at) {
  return at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
}
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t feed = text.find('\n', at);
  return feed == std::string_view::npos ? text.size() : feed + 1;
}

// Grows by a line above and a line below in turn.
void grow(std::string_view text, ByteRange& range, std::size_t bytes_max) {
  for (bool grown = true; grown;) {
    grown = false;
    const std::size_t begin = range.begin == 0 ? 0 : line_begin(text, range.begin - 1);
    if (begin < range.begin && range.end - begin <= bytes_max) range.begin = begin, grown = true;
    const std::size_t end = range.end == text.size() ? range.end : line_end(text, range.end);
    if (end > range.end && end - range.begin <= bytes_max) range.end = end, grown = true;
  }
}

}  // namespace

Expected<NextEditFormat> choose_next_edit_format(const Tokenizer& tokenizer,
                                                 std::string_view architecture,
                                                 std::string_view model_name,
                                                 std::string_view file_name) {
  const std::string names = normalised(fmt::format("{}\n{}", model_name, file_name));
  const auto has = [&](std::string_view part) { return names.find(part) != std::string::npos; };
  for (const NextEditFamily& family : kFamilies) {
    const auto part = std::find_if(family.in_names.begin(), family.in_names.end(), has);
    if (part == family.in_names.end() || !fits(family, tokenizer)) continue;
    return format_of(family, tokenizer,
                     fmt::format("the model's name has \"{}\"; the vocabulary has {}", *part,
                                 fmt::join(family.required, ", ")));
  }
  if (has("instinct"))
    return fail(Errc::kUnsupported,
                "model {} ({}, {}): Instinct's next-edit prompt is not supported; it exists in "
                "versions that differ",
                model_name, architecture, file_name);
  return fail(
      Errc::kUnsupported,
      "model {} ({}, {}) has no next-edit form: its name has none of sweep and zeta, or its "
      "vocabulary lacks what those need (<|file_sep|>, <|fim_middle|>, <[fim-middle]>)",
      model_name, architecture, file_name);
}

Expected<NextEditFormat> next_edit_format_named(std::string_view name, const Tokenizer& tokenizer) {
  if (name == "none")
    return fail(Errc::kUnsupported, "next edits are turned off: next_edit_format is \"none\"");
  for (const NextEditFamily& family : kFamilies) {
    if (family.name != name) continue;
    if (!fits(family, tokenizer))
      return fail(Errc::kUnsupported, "next_edit_format \"{}\": the vocabulary lacks one of {}",
                  name, fmt::join(family.required, " "));
    return format_of(family, tokenizer, fmt::format("next_edit_format is \"{}\"", name));
  }
  return fail(Errc::kInvalidInput, "next_edit_format \"{}\" is not known; known are none, {}", name,
              fmt::join(next_edit_format_names(), ", "));
}

std::vector<std::string> next_edit_format_names() {
  std::vector<std::string> names;
  for (const NextEditFamily& family : kFamilies) names.emplace_back(family.name);
  return names;
}

ByteRange editable_region(const NextEditFormat& format, std::string_view text, std::size_t cursor) {
  cursor = std::min(cursor, text.size());
  const NextEditFamily& family = family_of(format);
  ByteRange range = {line_begin(text, cursor), line_end(text, cursor)};
  if (family.lines_above == 0 && family.lines_below == 0) {
    grow(text, range, kZetaRegionBytes);
    return range;
  }
  for (int i = 0; i < family.lines_above && range.begin > 0; ++i)
    range.begin = line_begin(text, range.begin - 1);
  for (int i = 0; i < family.lines_below && range.end < text.size(); ++i)
    range.end = line_end(text, range.end);
  return range;
}

}  // namespace curlew::model
