#include "lsp/protocol/framing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace curlew::protocol {
namespace {

constexpr std::string_view kContentLength = "content-length";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// For messages: enough to recognise the text, nothing that hurts a terminal.
std::string shown(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 40)) out += c >= ' ' && c < 0x7f ? c : '.';
  return out;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void FrameReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
}

void FrameReader::consume(std::size_t bytes) {
  begin_ += bytes;
  scanned_ = 0;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ > (64u << 10) && begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
}

std::optional<FrameEvent> FrameReader::next() {
  while (true) {
    switch (state_) {
      case State::kResynchronise:
        if (!resynchronise()) return std::nullopt;
        break;
      case State::kSkipBody:
        if (!skip_body()) return std::nullopt;
        break;
      case State::kHeader:
        if (auto event = read_header()) return event;
        if (state_ == State::kHeader) return std::nullopt;
        break;
      case State::kBody: {
        const std::size_t length = *content_length_;
        if (pending().size() < length) return std::nullopt;
        Frame frame{std::string(pending().substr(0, length))};
        consume(length);
        content_length_.reset();
        state_ = State::kHeader;
        return frame;
      }
    }
  }
}

// Takes whole lines until the headers end. Returns a complaint, or nothing: then the state says
// whether a body comes next or more bytes are needed.
std::optional<FrameEvent> FrameReader::read_header() {
  while (state_ == State::kHeader) {
    const std::string_view text = pending();
    const std::size_t end = text.find('\n', scanned_);
    if (end == std::string_view::npos) {
      scanned_ = text.size();
      if (header_bytes_ + text.size() <= kHeaderBytesMax) return std::nullopt;
      consume(text.size());
      return give_up(fmt::format("headers longer than {} bytes", kHeaderBytesMax));
    }
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // A broken line is not consumed: the next frame may begin in its middle.
    if (auto complaint = take_header_line(line)) return complaint;
    if (!line.empty()) header_bytes_ += end + 1;
    consume(end + 1);
    if (header_bytes_ > kHeaderBytesMax)
      return give_up(fmt::format("headers longer than {} bytes", kHeaderBytesMax));
    if (state_ != State::kHeader) header_bytes_ = 0;
  }
  return std::nullopt;
}

std::optional<FrameEvent> FrameReader::take_header_line(std::string_view line) {
  if (line.empty()) return end_of_header();
  const std::size_t colon = line.find(':');
  const std::string_view name = trimmed(line.substr(0, colon));
  if (colon == std::string_view::npos || !is_header_name(name))
    return give_up(fmt::format("expected a header line, got \"{}\"", shown(line)));
  if (!same_name(name, kContentLength)) return std::nullopt;  // Content-Type and the like
  const std::string_view value = trimmed(line.substr(colon + 1));
  const std::optional<std::uint64_t> length = parse_length(value);
  if (!length) {
    std::string why = fmt::format("Content-Length: expected a number, got \"{}\"", shown(value));
    consume(line.size());  // past this Content-Length, or it would be found again
    return give_up(std::move(why));
  }
  content_length_ = length;
  return std::nullopt;
}

std::optional<FrameEvent> FrameReader::end_of_header() {
  if (!content_length_) {
    if (header_bytes_ == 0) return std::nullopt;  // blank lines between frames do no harm
    return give_up("headers without Content-Length");
  }
  if (*content_length_ <= kBodyBytesMax) {
    state_ = State::kBody;
    return std::nullopt;
  }
  const std::uint64_t length = *content_length_;
  std::string why = fmt::format("a body of {} bytes; at most {} are taken", length, kBodyBytesMax);
  if (length > kSkippedBodyBytesMax) return give_up(std::move(why));
  const std::size_t line_bytes = pending().find('\n') + 1;
  consume(line_bytes);
  header_bytes_ = 0;
  content_length_.reset();
  body_left_ = length;
  state_ = State::kSkipBody;
  return BadFrame{std::move(why)};
}

std::optional<FrameEvent> FrameReader::give_up(std::string why) {
  content_length_.reset();
  header_bytes_ = 0;
  state_ = State::kResynchronise;
  return BadFrame{std::move(why)};
}

bool FrameReader::skip_body() {
  const std::size_t bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, pending().size()));
  consume(bytes);
  body_left_ -= bytes;
  if (body_left_ > 0) return false;
  state_ = State::kHeader;
  return true;
}

// Drops bytes up to the next "Content-Length:", keeping a tail that may be its beginning.
bool FrameReader::resynchronise() {
  constexpr std::string_view kWanted = "content-length:";
  const std::string_view text = pending();
  const auto found = std::search(text.begin(), text.end(), kWanted.begin(), kWanted.end(),
                                 [](char x, char y) { return lower(x) == y; });
  if (found != text.end()) {
    consume(static_cast<std::size_t>(found - text.begin()));
    state_ = State::kHeader;
    return true;
  }
  if (text.size() >= kWanted.size()) consume(text.size() - (kWanted.size() - 1));
  return false;
}

std::string make_frame(std::string_view body) {
  return fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
}

}  // namespace curlew::protocol
