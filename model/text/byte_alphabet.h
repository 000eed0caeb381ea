// The printable characters that byte-level BPE vocabularies write bytes as (Radford et al. 2019,
// GPT-2): bytes that are printable in Latin-1 stand for themselves, the other 68 are U+0100 onwards
// in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace curlew::model {

// The one-character spelling, in UTF-8, of a byte.
std::string byte_spelling(std::uint8_t byte);

// The bytes that a spelling stands for. Characters outside the alphabet stand for their own UTF-8
// bytes.
std::string bytes_of_spelling(std::string_view spelling);

}  // namespace curlew::model
