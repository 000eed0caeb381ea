#include "model/files/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "model/files/checked.h"
#include "model/files/json_text.h"

namespace curlew::model {
namespace {

using nlohmann::json;

struct Dtype {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Dtype kDtypes[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
    {"F32", 4},  {"F64", 8}, {"I64", 8}, {"U64", 8},
};

constexpr std::size_t kLengthBytes = 8;  // of the header's length, at the very start

// One entry of the header, its offsets still relative to the buffer.
struct Entry {
  SafeTensor tensor;
  std::uint64_t begin = 0, end = 0;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}
  Expected<std::vector<SafeTensor>> read();

 private:
  Expected<std::string_view> header();
  Expected<Entry> entry(const std::string& name, const json& value) const;
  Expected<Dtype> dtype(const std::string& name, const json& value) const;
  Expected<std::vector<std::int64_t>> shape(const std::string& name, const json& value) const;
  Status check_size(const Entry& entry, Dtype dtype) const;
  Status place(std::vector<Entry>& entries) const;

  std::span<const std::byte> bytes_;
  const std::string& file_;
};

Expected<std::string_view> Reader::header() {
  std::uint64_t length = 0;
  if (bytes_.size() < kLengthBytes)
    return fail(Errc::kCorrupt, "{}: {} bytes; a safetensors file begins with a length of 8", file_,
                bytes_.size());
  std::memcpy(&length, bytes_.data(), kLengthBytes);
  const std::uint64_t left = bytes_.size() - kLengthBytes;
  if (length > kSafetensorsHeaderBytesMax)
    return fail(Errc::kCorrupt, "{}: byte 0: a header of {} bytes; at most {} are read", file_,
                length, kSafetensorsHeaderBytesMax);
  if (length > left)
    return fail(Errc::kCorrupt,
                "{}: byte 0: a header of {} bytes, {} are left: the file is cut short", file_,
                length, left);
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes, length);
  if (!text.starts_with('{'))
    return fail(Errc::kCorrupt, "{}: byte 8: the header does not begin with '{{'", file_);
  bytes_ = bytes_.subspan(kLengthBytes + length);
  return text;
}

Expected<Dtype> Reader::dtype(const std::string& name, const json& value) const {
  const auto it = value.find("dtype");
  if (it == value.end() || !it->is_string())
    return fail(Errc::kCorrupt, "{}: tensor {}: dtype (a string) is missing", file_, name);
  const auto& spelling = it->get_ref<const std::string&>();
  for (const Dtype& known : kDtypes)
    if (known.name == spelling) return known;
  return fail(Errc::kUnsupported, "{}: tensor {}: dtype {} is none that is known", file_, name,
              spelling);
}

// A list of whole numbers below 2^63; nothing where it is none.
std::optional<std::vector<std::int64_t>> whole_numbers(const json& value, const char* key) {
  const auto it = value.find(key);
  if (it == value.end() || !it->is_array()) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const json& number : *it) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > kMax) return std::nullopt;
    numbers.push_back(number.get<std::int64_t>());
  }
  return numbers;
}

Expected<std::vector<std::int64_t>> Reader::shape(const std::string& name,
                                                  const json& value) const {
  std::optional<std::vector<std::int64_t>> dims = whole_numbers(value, "shape");
  if (!dims)
    return fail(Errc::kCorrupt, "{}: tensor {}: shape is no list of whole numbers", file_, name);
  if (dims->size() > kSafetensorsDimsMax)
    return fail(Errc::kCorrupt, "{}: tensor {}: {} dimensions; at most {} are read", file_, name,
                dims->size(), kSafetensorsDimsMax);
  return std::move(*dims);
}

Status Reader::check_size(const Entry& entry, Dtype dtype) const {
  std::optional<std::uint64_t> want = dtype.bytes;
  for (const std::int64_t dim : entry.tensor.shape)
    if (want) want = checked_mul(*want, static_cast<std::uint64_t>(dim));
  if (want && *want == entry.end - entry.begin) return {};
  return fail(Errc::kCorrupt, "{}: tensor {}: {} of shape [{}] in {} bytes", file_,
              entry.tensor.name, dtype.name, fmt::join(entry.tensor.shape, ", "),
              entry.end - entry.begin);
}

Expected<Entry> Reader::entry(const std::string& name, const json& value) const {
  if (name.empty() || name.size() > kSafetensorsNameBytesMax)
    return fail(Errc::kCorrupt, "{}: a tensor name of {} bytes; 1 to {} are read", file_,
                name.size(), kSafetensorsNameBytesMax);
  if (!value.is_object())
    return fail(Errc::kCorrupt, "{}: tensor {}: its entry is no object", file_, name);
  Expected<Dtype> dtype = this->dtype(name, value);
  if (!dtype) return std::move(dtype.error()).pass();
  Expected<std::vector<std::int64_t>> shape = this->shape(name, value);
  if (!shape) return std::move(shape.error()).pass();
  const auto offsets = whole_numbers(value, "data_offsets");
  if (!offsets || offsets->size() != 2)
    return fail(Errc::kCorrupt, "{}: tensor {}: data_offsets are no two whole numbers", file_,
                name);
  Entry made{{name, dtype->name, std::move(*shape), {}},
             static_cast<std::uint64_t>((*offsets)[0]),
             static_cast<std::uint64_t>((*offsets)[1])};
  if (made.begin > made.end || made.end > bytes_.size())
    return fail(Errc::kCorrupt, "{}: tensor {}: bytes {} to {} of a buffer of {}", file_, name,
                made.begin, made.end, bytes_.size());
  if (Status s = check_size(made, *dtype); !s) return std::move(s.error()).pass();
  return made;
}

// Puts the entries in the order of their bytes, and sees that each begins where the last ended.
Status Reader::place(std::vector<Entry>& entries) const {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t covered = 0;
  for (Entry& entry : entries) {
    if (entry.begin != covered)
      return fail(Errc::kCorrupt, "{}: tensor {} begins at byte {} of the buffer, {} byte {}",
                  file_, entry.tensor.name, entry.begin,
                  entry.begin < covered ? "inside another that ends at" : "a hole after", covered);
    covered = entry.end;
    entry.tensor.bytes = bytes_.subspan(entry.begin, entry.end - entry.begin);
  }
  if (covered != bytes_.size())
    return fail(Errc::kCorrupt, "{}: the tensors end at byte {} of the buffer, which has {}", file_,
                covered, bytes_.size());
  return {};
}

Expected<std::vector<SafeTensor>> Reader::read() {
  const Expected<std::string_view> text = header();
  if (!text) return Error(text.error()).pass();
  const Expected<json> root = parse_json(*text, file_);
  if (!root) return Error(root.error()).during("safetensors header");
  if (root->size() > kSafetensorsTensorsMax)
    return fail(Errc::kCorrupt, "{}: {} tensors; at most {} are read", file_, root->size(),
                kSafetensorsTensorsMax);
  std::vector<Entry> entries;
  for (const auto& [name, value] : root->items()) {
    if (name == "__metadata__") continue;
    Expected<Entry> made = entry(name, value);
    if (!made) return std::move(made.error()).pass();
    entries.push_back(std::move(*made));
  }
  if (Status s = place(entries); !s) return std::move(s.error()).pass();
  std::vector<SafeTensor> tensors;
  tensors.reserve(entries.size());
  for (Entry& entry : entries) tensors.push_back(std::move(entry.tensor));
  return tensors;
}

}  // namespace

Expected<std::vector<SafeTensor>> parse_safetensors(std::span<const std::byte> bytes,
                                                    const std::string& file) {
  return Reader(bytes, file).read();
}

}  // namespace curlew::model
