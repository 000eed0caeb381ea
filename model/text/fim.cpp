#include "model/text/fim.h"

#include <algorithm>
#include <cctype>

#include "model/text/fim_families.h"

namespace curlew::model {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_named(const FimFamily& family, std::string_view architecture, std::string_view names) {
  const bool by_name =
      !family.name_part.empty() && names.find(family.name_part) != std::string_view::npos;
  const bool by_architecture =
      !family.architecture.empty() && architecture.starts_with(family.architecture);
  return by_name || by_architecture || (family.name_part.empty() && family.architecture.empty());
}

bool applies(const FimFamily& family, const Tokenizer& tokenizer, std::string_view architecture,
             std::string_view names) {
  const SpecialTokens& special = tokenizer.special();
  const bool spelled =
      tokenizer.spelling(special.fim_prefix) == family.prefix &&
      tokenizer.spelling(special.fim_suffix) == family.suffix &&
      (family.middle.empty() || tokenizer.spelling(special.fim_middle) == family.middle);
  return !family.by_name_only && spelled && is_named(family, architecture, names) &&
         (family.also.empty() || tokenizer.find(family.also)) &&
         (family.pre.empty() || tokenizer.pre_name() == family.pre);
}

// In the vocabulary of every newer model of Mistral's, trained for it or not.
constexpr std::string_view kMistralPrefix = "[PREFIX]";

// The file's metadata names the tokens, but no row knows their spellings.
const FimFamily kUnknownFamily = {.name = "unknown family"};

FimOrder order_of(const FimFamily& family, std::string_view of_file) {
  return of_file == "psm"        ? FimOrder::kPsm
         : of_file == "spm"      ? FimOrder::kSpm
         : of_file == "spm-side" ? FimOrder::kSpmSide
                                 : family.order;
}

// Everything but the three markers and the order, which are the caller's to find.
FimFormat format_of(const FimFamily& family, const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special();
  FimFormat format;
  format.family = family.name;
  format.context = family.context;
  format.repo_name = tokenizer.find(family.repo_name).value_or(-1);
  format.file_sep = tokenizer.find(family.file_sep).value_or(-1);
  format.add_bos = special.bos >= 0 && (family.bos == FimFamily::Bos::kAlways || special.add_bos);
  format.repo_line = family.repo_line;
  format.path_behind_prefix = family.path_behind_prefix;
  format.begins_text = family.begins_text;
  format.ends_by_itself = family.ends_by_itself;
  format.stop_strings.assign(family.stop_strings.begin(), family.stop_strings.end());
  return format;
}

// A model that writes any of these has left the middle.
void set_stop_tokens(FimFormat& format, const SpecialTokens& special) {
  std::vector<TokenId>& stops = format.stop_tokens;
  stops = {format.prefix,      format.suffix,      format.middle,
           format.repo_name,   format.file_sep,    special.fim_prefix,
           special.fim_suffix, special.fim_middle, special.fim_pad};
  std::sort(stops.begin(), stops.end());
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  std::erase(stops, -1);
}

std::string describe(const FimFamily& family, const FimFormat& format, const Tokenizer& tokenizer,
                     std::string_view architecture, std::string_view names) {
  std::string why = fmt::format("the vocabulary has {} and {}", tokenizer.spelling(format.prefix),
                                tokenizer.spelling(format.suffix));
  if (format.middle >= 0) why += fmt::format(" and {}", tokenizer.spelling(format.middle));
  if (!family.also.empty()) why += fmt::format(", with {}", family.also);
  if (!family.name_part.empty() && names.find(family.name_part) != std::string_view::npos)
    why += fmt::format("; the model's name has \"{}\"", family.name_part);
  else if (!family.architecture.empty())
    why += fmt::format("; the architecture is {}", architecture);
  if (!tokenizer.special().fim_order.empty())
    why += fmt::format("; the file's curlew.fim.order is {}", tokenizer.special().fim_order);
  return why;
}

FimFormat chosen(const FimFamily& family, const Tokenizer& tokenizer, std::string_view architecture,
                 std::string_view names) {
  const SpecialTokens& special = tokenizer.special();
  FimFormat format = format_of(family, tokenizer);
  format.order = order_of(family, special.fim_order);
  format.prefix = special.fim_prefix;
  format.suffix = special.fim_suffix;
  const bool has_middle = !family.middle.empty() || &family == &kUnknownFamily;
  format.middle = has_middle ? special.fim_middle : -1;
  set_stop_tokens(format, special);
  format.why = describe(family, format, tokenizer, architecture, names);
  return format;
}

// The row's markers, wherever in the vocabulary they stand; nothing when one is missing.
std::optional<FimFormat> format_by_spelling(const FimFamily& family, const Tokenizer& tokenizer) {
  const std::optional<TokenId> prefix = tokenizer.find(family.prefix);
  const std::optional<TokenId> suffix = tokenizer.find(family.suffix);
  const std::optional<TokenId> middle = tokenizer.find(family.middle);
  if (!prefix || !suffix || (!family.middle.empty() && !middle)) return std::nullopt;
  FimFormat format = format_of(family, tokenizer);
  format.order = family.order;
  format.prefix = *prefix;
  format.suffix = *suffix;
  format.middle = family.middle.empty() ? -1 : *middle;
  set_stop_tokens(format, tokenizer.special());
  format.why = fmt::format("fim_format is \"{}\"", family.name);
  return format;
}

}  // namespace

Expected<FimFormat> choose_fim_format(const Tokenizer& tokenizer, std::string_view architecture,
                                      std::string_view model_name, std::string_view file_name) {
  const SpecialTokens& special = tokenizer.special();
  if (special.fim_prefix < 0 || special.fim_suffix < 0) {
    return fail(Errc::kUnsupported,
                "model {} ({}, {}) has no fill-in-the-middle form: no prefix and suffix token in "
                "its metadata, and none of the known spellings, such as <|fim_prefix|>, "
                "<fim_prefix>, <PRE>, <｜fim▁begin｜> or <[fim-prefix]>, in its vocabulary",
                model_name, architecture, file_name);
  }
  const std::string names =
      lower(fmt::format("{}\n{}\n{}", model_name, file_name, tokenizer.pre_name()));
  for (const FimFamily& family : fim_families()) {
    if (applies(family, tokenizer, architecture, names))
      return chosen(family, tokenizer, architecture, names);
  }
  const bool is_mistral = tokenizer.spelling(special.fim_prefix) == kMistralPrefix;
  if (special.fim_middle >= 0 && !is_mistral)
    return chosen(kUnknownFamily, tokenizer, architecture, names);
  return fail(Errc::kUnsupported,
              "model {} ({}, {}) has no fill-in-the-middle form that is known: {} and {} are in "
              "its vocabulary, but {}",
              model_name, architecture, file_name, tokenizer.spelling(special.fim_prefix),
              tokenizer.spelling(special.fim_suffix),
              is_mistral ? "of the models that have them only those named codestral were trained so"
                         : "no middle token");
}

Expected<FimFormat> fim_format_named(std::string_view name, const Tokenizer& tokenizer) {
  if (name == "none")
    return fail(Errc::kUnsupported, "fill-in-the-middle is turned off: fim_format is \"none\"");
  const FimFamily* missing = nullptr;
  for (const FimFamily& family : fim_families()) {
    if (family.name != name) continue;
    if (std::optional<FimFormat> format = format_by_spelling(family, tokenizer)) return *format;
    missing = &family;
  }
  if (missing != nullptr)
    return fail(Errc::kUnsupported, "fim_format \"{}\": the vocabulary lacks one of {} {} {}", name,
                missing->prefix, missing->suffix, missing->middle);
  return fail(Errc::kInvalidInput, "fim_format \"{}\" is not known; known are none, {}", name,
              fmt::join(fim_format_names(), ", "));
}

std::vector<std::string> fim_format_names() {
  std::vector<std::string> names;
  for (const FimFamily& family : fim_families())
    if (std::find(names.begin(), names.end(), family.name) == names.end())
      names.emplace_back(family.name);
  return names;
}

}  // namespace curlew::model
