#include "model/text/byte_alphabet.h"

#include <algorithm>
#include <array>

#include "model/text/utf8.h"

namespace curlew::model {
namespace {

constexpr int kFirstExtra = 0x100;  // code point of the first byte that does not stand for itself
constexpr int kExtraCount = 68;

constexpr bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte != 0xad);
}

// The bytes behind U+0100, U+0101, ...
constexpr std::array<std::uint8_t, kExtraCount> extra_bytes() {
  std::array<std::uint8_t, kExtraCount> bytes{};
  std::size_t count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (!stands_for_itself(byte)) bytes[count++] = static_cast<std::uint8_t>(byte);
  }
  return bytes;
}
constexpr std::array<std::uint8_t, kExtraCount> kExtraBytes = extra_bytes();

}  // namespace

std::string byte_spelling(std::uint8_t byte) {
  int code = byte;
  if (!stands_for_itself(byte)) {
    code = kFirstExtra + static_cast<int>(std::find(kExtraBytes.begin(), kExtraBytes.end(), byte) -
                                          kExtraBytes.begin());
  }
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
}

std::string bytes_of_spelling(std::string_view spelling) {
  std::string bytes;
  for (std::size_t at = 0; at < spelling.size();) {
    const int length = std::max(1, utf8_length(spelling.substr(at)));
    const auto lead = static_cast<unsigned char>(spelling[at]);
    // Every character of the alphabet above ASCII has two bytes.
    const int code =
        length == 2 ? (lead & 0x1f) << 6 | (static_cast<unsigned char>(spelling[at + 1]) & 0x3f)
                    : -1;
    if (code >= kFirstExtra && code < kFirstExtra + kExtraCount) {
      bytes.push_back(static_cast<char>(kExtraBytes[static_cast<std::size_t>(code - kFirstExtra)]));
    } else if (code >= 0 && code < kFirstExtra && stands_for_itself(code)) {
      bytes.push_back(static_cast<char>(code));
    } else {
      bytes.append(spelling.substr(at, static_cast<std::size_t>(length)));
    }
    at += static_cast<std::size_t>(length);
  }
  return bytes;
}

}  // namespace curlew::model
