// A GGUF file taken apart for a fuzz target: changed as its parts, and written again with one
// number of it a lie.
#pragma once

#include <optional>

#include "tests/fuzz/fuzz_target.h"

namespace curlew::fuzz {

struct GgufDraft {
  // Scalars have one item: the bytes of a number, the text of a string.
  struct Value {
    std::uint32_t type = 0, element_type = 0;
    std::vector<std::string> items;
  };
  struct Entry {
    std::string key;
    Value value;
  };
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dims;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
  };
  // A number of the written file, which break_gguf() may overwrite.
  struct Place {
    std::size_t at, bytes;
  };

  std::uint32_t version = 3;
  std::vector<Entry> entries;
  std::vector<Tensor> tensors;
  std::string data;

  // Nothing where the bytes are not well-formed enough to take apart.
  static std::optional<GgufDraft> read(std::span<const std::uint8_t> file);
  Bytes write(std::vector<Place>& places) const;
};

// Breaks one place of the file that `input` holds from byte `begin` on, or one byte of it where it
// is none.
void break_gguf(Bytes& input, std::size_t begin, Dice& dice);

}  // namespace curlew::fuzz
