#include "lsp/assist/edit/answer.h"

#include <algorithm>

#include "model/constrain/edits.h"

namespace curlew::assist {
namespace {

// The text between the first fence and the next one; all of it where there is none.
std::string_view out_of_fence(std::string_view answer) {
  const std::size_t fence = answer.find("```");
  if (fence == answer.npos) return answer;
  const std::size_t begin = answer.find('\n', fence);
  // Nothing stands before an opening fence but a model's words; behind the code stands a closing one.
  if (begin == answer.npos) return answer.substr(0, fence);
  const std::size_t end = answer.find("\n```", begin);
  return answer.substr(begin + 1, end == answer.npos ? end : end - begin);
}

std::string_view indent_of_first(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t code = line.find_first_not_of(" \t\r");
    if (code != line.npos) return line.substr(0, code);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

}  // namespace

std::string fit_to_original(std::string_view original, std::string_view answer) {
  answer = out_of_fence(answer);
  while (answer.ends_with('\n') || answer.ends_with('\r')) answer.remove_suffix(1);
  const std::string_view wanted = indent_of_first(original), given = indent_of_first(answer);
  // A model that wrote the piece flush left meant the indentation it did not write.
  const std::string_view added = wanted.starts_with(given)
                                     ? wanted.substr(0, wanted.size() - given.size())
                                     : std::string_view();
  const bool crlf = original.find("\r\n") != original.npos;
  std::string out;
  while (!answer.empty()) {
    const std::size_t end = std::min(answer.find('\n'), answer.size());
    std::string_view line = answer.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!out.empty()) out += crlf ? "\r\n" : "\n";
    if (!line.empty()) out += added;
    out += line;
    answer.remove_prefix(std::min(answer.size(), end + 1));
  }
  if (!out.empty() && original.ends_with('\n')) out += crlf ? "\r\n" : "\n";
  return out;
}

Expected<std::string> edited_by(std::string_view original, std::string_view answer) {
  const std::string_view written = out_of_fence(answer);
  if (!written.starts_with(model::kSearchMarker)) return fit_to_original(original, answer);
  const auto edits = model::read_edits(original, written);
  if (!edits) return fail(Errc::kInvalidInput, "{}", edits.error().message());
  return model::apply_edits(original, *edits);
}

}  // namespace curlew::assist
