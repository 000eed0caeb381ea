#include "lsp/assist/place.h"

#include <algorithm>

namespace curlew::assist {
namespace {

constexpr std::size_t kHeadBytes = 256;  // what the language is guessed from

// The length of the UTF-8 character that `lead` begins; 1 for anything that begins none.
std::size_t character_bytes(unsigned char lead) {
  if (lead >= 0xF0 && lead < 0xF8) return 4;
  if (lead >= 0xE0) return 3;
  if (lead >= 0xC0) return 2;
  return 1;
}

bool inside_character(std::string_view text, std::size_t at) {
  if (at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) return false;
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    const auto byte = static_cast<unsigned char>(text[at - back]);
    if ((byte & 0xC0) != 0x80) return character_bytes(byte) > back;
  }
  return false;  // a stray byte: the text is not UTF-8 there
}

Status check(const CompletionRequest& request) {
  const std::string_view name =
      request.path.empty() ? std::string_view("the document") : std::string_view(request.path);
  const std::size_t size = request.text.size();
  if (request.cursor > size)
    return fail(Errc::kInvalidInput, "{}: byte {} is outside the text of {} bytes", name,
                request.cursor, size);
  if (inside_character(request.text, request.cursor))
    return fail(Errc::kInvalidInput, "{}: byte {} is inside a character", name, request.cursor);
  if (request.cursor > 0 && request.cursor < size && request.text[request.cursor] == '\n' &&
      request.text[request.cursor - 1] == '\r')
    return fail(Errc::kInvalidInput, "{}: byte {} is inside a line break", name, request.cursor);
  if (request.selected_text && (request.selected_start > request.cursor ||
                                inside_character(request.text, request.selected_start)))
    return fail(Errc::kInvalidInput,
                "{}: the selected text starts at byte {}, which is no character before byte {}",
                name, request.selected_start, request.cursor);
  return {};
}

std::string with_plain_breaks(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') plain += text[i];
  return plain;
}

std::string_view last_line(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  return newline == text.npos ? text : text.substr(newline + 1);
}

bool line_opens_block(const CompletionPlace& place) {
  if (!trim(place.rest()).empty()) return false;
  const std::string_view line = place.line_prefix();
  if (line.empty()) return false;
  const bool colon = place.language != nullptr && place.language->name == "python";
  return line.back() == '{' || (colon && line.back() == ':');
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view indent_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

Brackets brackets_of(std::string_view text) {
  constexpr std::string_view kOpeners = "([{", kClosers = ")]}";
  Brackets found;
  for (const char c : text) {
    if (kOpeners.find(c) != kOpeners.npos) found.open += c;
    const std::size_t closer = kClosers.find(c);
    if (closer == kClosers.npos) continue;
    if (!found.open.empty() && found.open.back() == kOpeners[closer])
      found.open.pop_back();
    else
      found.unopened += c;
  }
  return found;
}

std::string_view CompletionPlace::line_prefix() const {
  return last_line(prefix);
}

std::string_view CompletionPlace::rest() const {
  const std::string_view line = first_line(suffix);
  const std::size_t last = line.find_last_not_of(" \t\r");
  return line.substr(0, last == line.npos ? 0 : last + 1);
}

std::string_view CompletionPlace::next_line() const {
  std::string_view text = suffix;
  for (std::size_t newline = text.find('\n'); newline != text.npos; newline = text.find('\n')) {
    text.remove_prefix(newline + 1);
    if (const std::string_view line = trim(first_line(text)); !line.empty()) return line;
  }
  return {};
}

std::string_view CompletionPlace::previous_line() const {
  std::string_view text = prefix;
  for (std::size_t newline = text.rfind('\n'); newline != text.npos; newline = text.rfind('\n')) {
    text = text.substr(0, newline);
    if (const std::string_view line = trim(last_line(text)); !line.empty()) return line;
  }
  return {};
}

Expected<CompletionPlace> completion_place(const CompletionRequest& request) {
  if (Status good = check(request); !good) return std::move(good.error()).during("complete");
  CompletionPlace place;
  place.crlf = request.text.find("\r\n") != request.text.npos;
  const std::size_t typed_end = request.selected_text ? request.selected_start : request.cursor;
  place.prefix = request.text.substr(0, typed_end);
  if (request.selected_text) place.prefix += *request.selected_text;
  place.suffix = request.text.substr(request.cursor);
  if (place.crlf) {
    place.prefix = with_plain_breaks(place.prefix);
    place.suffix = with_plain_breaks(place.suffix);
  }
  place.language =
      indexer::language_of(request.path, request.text.substr(0, kHeadBytes), request.language);
  place.opens_block = line_opens_block(place);
  const bool empty_line = trim(place.line_prefix()).empty() && trim(place.rest()).empty();
  place.many_lines = request.lines == Lines::kMany ||
                     (request.lines == Lines::kAuto && (empty_line || place.opens_block));
  return place;
}

}  // namespace curlew::assist
