// Content-Length frames: bytes -> bodies. Pure: fed with whatever arrived, asked for what is
// complete.
//
//   frame = *(header-name ":" value EOL) EOL body        EOL: CRLF, or LF alone from sloppy clients
//
// A broken frame never ends the stream: it is reported once, and reading goes on at the next
// "Content-Length:" (or behind the body, where its length is known and merely too large).
// LSP 3.17, "Base Protocol".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace curlew::protocol {

constexpr std::size_t kHeaderBytesMax = 8u << 10;         // all headers of one frame
constexpr std::uint64_t kBodyBytesMax = 64u << 20;        // larger bodies are refused
constexpr std::uint64_t kSkippedBodyBytesMax = 1u << 30;  // refused bodies up to this are skipped

struct Frame {
  std::string body;
};
struct BadFrame {
  std::string why;
};
using FrameEvent = std::variant<Frame, BadFrame>;

class FrameReader {
 public:
  void feed(std::string_view bytes);
  // The next whole frame or the next complaint; nothing while more bytes are needed.
  std::optional<FrameEvent> next();

 private:
  enum class State { kHeader, kBody, kSkipBody, kResynchronise };

  std::optional<FrameEvent> read_header();
  std::optional<FrameEvent> take_header_line(std::string_view line);
  std::optional<FrameEvent> end_of_header();
  std::optional<FrameEvent> give_up(std::string why);  // complain and look for the next frame
  bool skip_body();
  bool resynchronise();
  std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }
  void consume(std::size_t bytes);

  std::string buffer_;
  std::size_t begin_ = 0;    // of what is not consumed yet
  std::size_t scanned_ = 0;  // bytes of pending() known to hold no line end
  State state_ = State::kHeader;
  std::size_t header_bytes_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t body_left_ = 0;  // of a body that is skipped
};

std::string make_frame(std::string_view body);

}  // namespace curlew::protocol
