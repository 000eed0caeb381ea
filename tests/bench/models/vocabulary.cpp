#include "tests/bench/models/vocabulary.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace curlew::bench {
namespace {

constexpr std::int32_t kNormal = 1, kControl = 3, kUnused = 5;

// Reads a file's metadata; a file cut short makes every later read give zero.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}

  template <class T>
  T number() {
    T value{};
    if (left() >= sizeof value) std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += std::min(sizeof value, left());
    return value;
  }
  std::string string() {
    const auto n = std::min<std::uint64_t>(number<std::uint64_t>(), left());
    at_ += n;
    return bytes_.substr(at_ - n, n);
  }
  void skip(std::uint64_t n) { at_ += std::min<std::uint64_t>(n, left()); }
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::string since(std::size_t begin) const { return bytes_.substr(begin, at_ - begin); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

std::uint64_t scalar_bytes(std::uint32_t type) {
  constexpr std::uint8_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(kBytes) ? kBytes[type] : 0;
}

void skip_value(Reader& in, std::uint32_t type) {
  constexpr std::uint32_t kString = 8, kArray = 9;
  if (type == kString) {
    in.string();
  } else if (type == kArray) {
    const auto element = in.number<std::uint32_t>();
    const auto count = in.number<std::uint64_t>();
    if (element != kString) return in.skip(count * scalar_bytes(element));
    for (std::uint64_t i = 0; i < count && in.left() > 0; ++i) in.string();
  } else {
    in.skip(scalar_bytes(type));
  }
}

std::vector<std::string> read_strings(Reader& in) {
  in.number<std::uint32_t>();  // of what
  const auto count = std::min<std::uint64_t>(in.number<std::uint64_t>(), in.left());
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(in.string());
  return out;
}

std::vector<std::int32_t> read_ints(Reader& in) {
  in.number<std::uint32_t>();
  const auto count = std::min<std::uint64_t>(in.number<std::uint64_t>(), in.left());
  std::vector<std::int32_t> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(in.number<std::int32_t>());
  return out;
}

// How byte-level BPE spells a byte: printable characters as themselves, the others from U+0100 on.
std::vector<std::string> byte_spellings() {
  std::vector<std::string> out;
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xff && byte != 0xad);
    const int code = printable ? byte : next++;
    if (code < 0x80)
      out.push_back(std::string(1, static_cast<char>(code)));
    else
      out.push_back({static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))});
  }
  return out;
}

}  // namespace

bool copy_vocabulary(const std::string& path, int tokens, GgufWriter& out) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  Reader in({std::istreambuf_iterator<char>(file), {}});
  in.skip(4 + 4 + 8);
  for (auto pairs = in.number<std::uint64_t>(); pairs > 0 && in.left() > 0; --pairs) {
    const std::size_t begin = in.at();
    const std::string key = in.string();
    const auto type = in.number<std::uint32_t>();
    if (key == "tokenizer.ggml.tokens") {
      std::vector<std::string> list = read_strings(in);
      if (list.size() > static_cast<std::size_t>(tokens)) return false;
      while (list.size() < static_cast<std::size_t>(tokens))
        list.push_back("[PAD" + std::to_string(list.size()) + "]");
      out.put(key, list);
    } else if (key == "tokenizer.ggml.token_type") {
      std::vector<std::int32_t> list = read_ints(in);
      list.resize(static_cast<std::size_t>(tokens), kUnused);
      out.put(key, list);
    } else {
      skip_value(in, type);
      if (key.starts_with("tokenizer.")) out.put_raw(in.since(begin));
    }
  }
  return true;
}

void make_vocabulary(int tokens, GgufWriter& out) {
  const std::vector<std::string> controls = {"<|endoftext|>",  "<|im_start|>",   "<|im_end|>",
                                             "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
                                             "<|fim_pad|>",    "<|repo_name|>",  "<|file_sep|>"};
  std::vector<std::string> list = byte_spellings(), merges;
  const std::size_t normal = static_cast<std::size_t>(tokens) - controls.size();
  for (std::size_t i = 256; i < normal; ++i) {  // one byte before each token there is, in order
    const std::string &first = list[i % 256], &rest = list[i / 256 - 1];
    merges.push_back(first + " " + rest);
    list.push_back(first + rest);
  }
  std::vector<std::int32_t> types(list.size(), kNormal);
  list.insert(list.end(), controls.begin(), controls.end());
  types.resize(list.size(), kControl);
  out.put("tokenizer.ggml.model", "gpt2");
  out.put("tokenizer.ggml.pre", "qwen2");
  out.put("tokenizer.ggml.tokens", list);
  out.put("tokenizer.ggml.token_type", types);
  out.put("tokenizer.ggml.merges", merges);
  out.put("tokenizer.ggml.add_bos_token", false);
  const auto id = [&](int control) { return static_cast<std::uint32_t>(normal) + control; };
  out.put("tokenizer.ggml.eos_token_id", id(0));
  out.put("tokenizer.ggml.eot_token_id", id(2));
  out.put("tokenizer.ggml.fim_pre_token_id", id(3));
  out.put("tokenizer.ggml.fim_mid_token_id", id(4));
  out.put("tokenizer.ggml.fim_suf_token_id", id(5));
}

}  // namespace curlew::bench
