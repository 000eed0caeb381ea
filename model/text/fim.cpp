#include "model/text/fim.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace curlew::model {
namespace {

enum class Bos { kAsVocabulary, kAlways };

// One family of models. A row applies when the vocabulary's fill-in-the-middle tokens are spelled
// as in the row, the tokens of `also` exist, and, where `name_part` is given, the model's or file's
// name or the pre-tokenizer has it.
struct Family {
  const char* name;
  std::string_view prefix, suffix, middle;  // middle "": the family has none
  std::string_view repo_name, file_sep;     // "": none
  FimOrder order = FimOrder::kPsm;
  ContextStyle context = ContextStyle::kNone;
  std::string_view name_part = {};
  std::string_view also = {};
  Bos bos = Bos::kAsVocabulary;
  std::initializer_list<std::string_view> stop_strings = {};
};

constexpr auto kPsm = FimOrder::kPsm;
constexpr auto kSpm = FimOrder::kSpm;
constexpr auto kFileSep = ContextStyle::kFileSep;
constexpr auto kNone = ContextStyle::kNone;

// The first row that applies decides. Layouts as the families' publishers document them.
const Family kFamilies[] = {
    {"bundled", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<repo_name>", "<file_sep>",
     FimOrder::kSpmSide, kFileSep, "bootstrap-code"},
    {"mellum", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "", "<filename>", kSpm, kFileSep,
     "mellum", "<filename>"},
    {"qwen2.5-coder", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>",
     "<|file_sep|>", kPsm, kFileSep, "", "<|file_sep|>"},
    {"codegemma", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "", "<|file_separator|>",
     kPsm, kFileSep, "", "<|file_separator|>", Bos::kAlways},
    {"granite", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "", "", kPsm, kNone},
    {"deepseek-coder", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "", "", kPsm,
     ContextStyle::kHashPath, "", "", Bos::kAlways},
    {"codellama", "▁<PRE>", "▁<SUF>", "▁<MID>", "", "", kPsm, kNone, "", "", Bos::kAlways},
    {"codellama", "<PRE>", "<SUF>", "<MID>", "", "", kPsm, kNone, "", "", Bos::kAlways},
    {"codestral", "[PREFIX]", "[SUFFIX]", "", "", "", kSpm, ContextStyle::kPlusPath, "codestral",
     "", Bos::kAlways},
    {"starcoder2", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<repo_name>", "<file_sep>",
     kPsm, kFileSep, "", "<file_sep>"},
    {"starcoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<reponame>", "<filename>", kPsm,
     kFileSep, "", "<filename>"},
    {"starcoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "", "", kPsm, kNone},
    {"granite-code", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", "", "", kPsm, kNone},
    // Does not stop by itself where the middle ends (its publisher's issue 3).
    {"seed-coder",
     "<[fim-prefix]>",
     "<[fim-suffix]>",
     "<[fim-middle]>",
     "",
     "",
     kSpm,
     kNone,
     "",
     "",
     Bos::kAsVocabulary,
     {"\n\n\n"}},
    {"glm-code", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", "", "", kPsm, kNone},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool applies(const Family& family, const Tokenizer& tokenizer, std::string_view names) {
  const SpecialTokens& special = tokenizer.special();
  const bool spelled =
      tokenizer.spelling(special.fim_prefix) == family.prefix &&
      tokenizer.spelling(special.fim_suffix) == family.suffix &&
      (family.middle.empty() || tokenizer.spelling(special.fim_middle) == family.middle);
  return spelled && (family.also.empty() || tokenizer.find(family.also)) &&
         names.find(family.name_part) != std::string_view::npos;
}

// The file's metadata names the tokens, but no row knows their spellings.
constexpr Family kUnknownFamily = {"unknown family", "", "", "", "", "", kPsm, kNone};

std::string describe(const Family& family, const FimFormat& format, const Tokenizer& tokenizer) {
  std::string why = fmt::format("the vocabulary has {} and {}", tokenizer.spelling(format.prefix),
                                tokenizer.spelling(format.suffix));
  if (format.middle >= 0) why += fmt::format(" and {}", tokenizer.spelling(format.middle));
  if (!family.also.empty()) why += fmt::format(", with {}", family.also);
  if (!family.name_part.empty())
    why += fmt::format("; the model's name has \"{}\"", family.name_part);
  if (!tokenizer.special().fim_order.empty()) {
    why += fmt::format("; the file's curlew.fim.order is {}", tokenizer.special().fim_order);
  }
  return why;
}

FimFormat format_of(const Family& family, const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special();
  FimFormat format;
  format.family = family.name;
  format.order = special.fim_order == "psm"        ? FimOrder::kPsm
                 : special.fim_order == "spm"      ? FimOrder::kSpm
                 : special.fim_order == "spm-side" ? FimOrder::kSpmSide
                                                   : family.order;
  format.context = family.context;
  format.prefix = special.fim_prefix;
  format.suffix = special.fim_suffix;
  const bool has_middle = !family.middle.empty() || &family == &kUnknownFamily;
  format.middle = has_middle ? special.fim_middle : -1;
  format.repo_name = tokenizer.find(family.repo_name).value_or(-1);
  format.file_sep = tokenizer.find(family.file_sep).value_or(-1);
  format.add_bos = special.bos >= 0 && (family.bos == Bos::kAlways || special.add_bos);
  format.stop_strings.assign(family.stop_strings.begin(), family.stop_strings.end());
  // A model that writes any of these has left the middle.
  for (const TokenId id : {special.fim_prefix, special.fim_suffix, special.fim_middle,
                           special.fim_pad, format.repo_name, format.file_sep}) {
    if (id >= 0) format.stop_tokens.push_back(id);
  }
  format.why = describe(family, format, tokenizer);
  return format;
}

}  // namespace

Expected<FimFormat> choose_fim_format(const Tokenizer& tokenizer, std::string_view architecture,
                                      std::string_view model_name, std::string_view file_name) {
  const SpecialTokens& special = tokenizer.special();
  if (special.fim_prefix < 0 || special.fim_suffix < 0) {
    return fail(Errc::kUnsupported,
                "model {} ({}, {}) has no fill-in-the-middle form: no prefix and suffix token in "
                "its metadata, and "
                "none of the known spellings, such as <|fim_prefix|>, <fim_prefix>, <PRE>, "
                "<｜fim▁begin｜> or "
                "<[fim-prefix]>, in its vocabulary",
                model_name, architecture, file_name);
  }
  const std::string names =
      lower(fmt::format("{}\n{}\n{}", model_name, file_name, tokenizer.pre_name()));
  for (const Family& family : kFamilies) {
    if (applies(family, tokenizer, names)) return format_of(family, tokenizer);
  }
  if (special.fim_middle >= 0) return format_of(kUnknownFamily, tokenizer);
  return fail(Errc::kUnsupported,
              "model {} ({}, {}) has no fill-in-the-middle form that is known: {} and {} are in "
              "its vocabulary, but "
              "no middle token, and its name is not that of a family without one (codestral)",
              model_name, architecture, file_name, tokenizer.spelling(special.fim_prefix),
              tokenizer.spelling(special.fim_suffix));
}

}  // namespace curlew::model
