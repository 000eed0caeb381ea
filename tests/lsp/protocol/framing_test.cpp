#include "lsp/protocol/framing.h"

#include <gtest/gtest.h>

#include <random>

namespace curlew::protocol {
namespace {

// What a reader makes of bytes that arrive `step` at a time: bodies as they are, complaints as "!".
std::vector<std::string> read_all(std::string_view bytes, std::size_t step) {
  FrameReader reader;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    while (auto event = reader.next()) {
      if (auto* frame = std::get_if<Frame>(&*event))
        out.push_back(frame->body);
      else
        out.push_back("!");
    }
  }
  return out;
}

struct Case {
  const char* name;
  std::string bytes;
  std::vector<std::string> want;
};

class Framing : public testing::TestWithParam<Case> {};

TEST_P(Framing, ReadsTheSameInAnyPieces) {
  const Case& c = GetParam();
  for (std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, c.bytes.size()})
    EXPECT_EQ(read_all(c.bytes, step), c.want) << c.name << ", " << step << " bytes at a time";
}

const std::string kOk = "Content-Length: 2\r\n\r\n{}";

INSTANTIATE_TEST_SUITE_P(
    Cases, Framing,
    testing::Values(
        Case{"two", make_frame("one") + make_frame("two"), {"one", "two"}},
        Case{"empty_body", make_frame("") + kOk, {"", "{}"}},
        Case{"extra_headers",
             "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nX-A: b:c\r\n" + kOk,
             {"{}"}},
        Case{"lf_only", "Content-Length: 2\n\n{}" + kOk, {"{}", "{}"}},
        Case{"name_case_and_blanks", "content-LENGTH:2  \r\n\r\n{}", {"{}"}},
        Case{"blank_lines_between", "\r\n\r\n" + kOk + "\n" + kOk, {"{}", "{}"}},
        Case{"garbage_before", "hello there\r\n" + kOk, {"!", "{}"}},
        Case{"garbage_without_line_end", "%%%%" + kOk, {"!", "{}"}},
        Case{"binary", std::string("\x00\xff\x01\n", 4) + kOk, {"!", "{}"}},
        Case{"no_length", "Content-Type: x\r\n\r\n{}\r\n" + kOk, {"!", "{}"}},
        Case{"negative", "Content-Length: -5\r\n\r\n{}\r\n" + kOk, {"!", "{}"}},
        Case{"words", "Content-Length: two\r\n\r\n{}\r\n" + kOk, {"!", "{}"}},
        Case{"with_unit", "Content-Length: 2b\r\n\r\n{}\r\n" + kOk, {"!", "{}"}},
        Case{
            "beyond_64_bits", "Content-Length: 99999999999999999999999\r\n\r\n" + kOk, {"!", "{}"}},
        Case{"huge", "Content-Length: 9000000000000000000\r\n\r\n" + kOk, {"!", "{}"}},
        Case{"too_short_a_length", "Content-Length: 2\r\n\r\n{\"a\":1}" + kOk, {"{\"", "!", "{}"}},
        Case{"length_twice", "Content-Length: 9\r\nContent-Length: 2\r\n\r\n{}", {"{}"}}),
    [](const auto& info) { return info.param.name; });

TEST(Framing, SkipsABodyThatIsTooLargeWithoutLookingInside) {
  FrameReader reader;
  const std::uint64_t length = kBodyBytesMax + 100;
  reader.feed("Content-Length: " + std::to_string(length) + "\r\n\r\n");
  auto event = reader.next();
  ASSERT_TRUE(event && std::holds_alternative<BadFrame>(*event));
  std::string piece = kOk;  // a document may well contain what looks like a frame
  piece.resize(1 << 20, 'x');
  std::uint64_t fed = 0;
  for (; fed + piece.size() <= length; fed += piece.size()) {
    reader.feed(piece);
    ASSERT_FALSE(reader.next());
  }
  reader.feed(std::string(length - fed, 'x') + kOk);
  event = reader.next();
  ASSERT_TRUE(event && std::holds_alternative<Frame>(*event));
  EXPECT_EQ(std::get<Frame>(*event).body, "{}");
}

TEST(Framing, GivesUpEndlessHeaders) {
  EXPECT_EQ(read_all("X-Long: " + std::string(3 * kHeaderBytesMax, 'y') + "\r\n" + kOk, 1000),
            (std::vector<std::string>{"!", "{}"}));
  std::string many;
  while (many.size() < 2 * kHeaderBytesMax) many += "X-Many: y\r\n";
  EXPECT_EQ(read_all(many + kOk, 1000), (std::vector<std::string>{"!", "{}"}));
}

TEST(Framing, FindsEveryWholeFrameAmongNoise) {
  std::mt19937 rng(20);
  for (int round = 0; round < 50; ++round) {
    std::string bytes;
    std::vector<std::string> want;
    for (int frame = 0; frame < 20; ++frame) {
      std::string noise(rng() % 40, ' ');
      for (char& c : noise) c = static_cast<char>(rng() % 255 + 1);
      if (!noise.empty() && rng() % 2) bytes += "\x01" + noise;
      std::string body(rng() % 300, ' ');
      for (char& c : body) c = static_cast<char>(rng() % 256);
      want.push_back(body);
      bytes += make_frame(body);
    }
    std::vector<std::string> got = read_all(bytes, rng() % 50 + 1);
    std::erase(got, "!");
    std::erase(want, "!");
    EXPECT_EQ(got, want);
  }
}

}  // namespace
}  // namespace curlew::protocol
