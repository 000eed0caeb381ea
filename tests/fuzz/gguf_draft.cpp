#include "tests/fuzz/gguf_draft.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace curlew::fuzz {
namespace {

constexpr std::uint32_t kString = 8, kArray = 9, kTypes = 13;
constexpr std::size_t kScalarBytes[kTypes] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr std::size_t kAlignment = 32;
constexpr std::size_t kItemsMax = 1 << 16;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : all_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::string bytes(std::size_t count) {
    ok_ = ok_ && count <= all_.size() - at_;
    if (!ok_) return {};
    at_ += count;
    return std::string(all_.substr(at_ - count, count));
  }
  template <class T>
  T number() {
    T value{};
    const std::string raw = bytes(sizeof(T));
    if (ok_) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  std::size_t count() {
    const auto n = number<std::uint64_t>();
    ok_ = ok_ && n <= kItemsMax;
    return ok_ ? static_cast<std::size_t>(n) : 0;
  }
  std::string text() { return bytes(count()); }
  std::string item(std::uint32_t type) {
    ok_ = ok_ && type < kTypes && type != kArray;
    if (!ok_) return {};
    return type == kString ? text() : bytes(kScalarBytes[type]);
  }
  GgufDraft::Value value() {
    GgufDraft::Value value;
    value.type = value.element_type = number<std::uint32_t>();
    std::size_t items = 1;
    if (value.type == kArray) {
      value.element_type = number<std::uint32_t>();
      items = count();
    }
    for (std::size_t i = 0; ok_ && i < items; ++i) value.items.push_back(item(value.element_type));
    return value;
  }
  GgufDraft::Tensor tensor() {
    GgufDraft::Tensor tensor;
    tensor.name = text();
    const auto dims = number<std::uint32_t>();
    ok_ = ok_ && dims <= 8;
    for (std::uint32_t d = 0; ok_ && d < dims; ++d) tensor.dims.push_back(number<std::uint64_t>());
    tensor.type = number<std::uint32_t>();
    tensor.offset = number<std::uint64_t>();
    return tensor;
  }

 private:
  std::string_view all_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

class Writer {
 public:
  explicit Writer(std::vector<GgufDraft::Place>& places) : places_(places) {}

  template <class T>
  void number(T value) {
    places_.push_back({out.size(), sizeof(T)});
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    append({raw, sizeof(T)});
  }
  void append(std::string_view bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view bytes) {
    number(std::uint64_t{bytes.size()});
    append(bytes);
  }
  void value(const GgufDraft::Value& value) {
    number(value.type);
    if (value.type == kArray) {
      number(value.element_type);
      number(std::uint64_t{value.items.size()});
    }
    for (const std::string& item : value.items) {
      if (value.element_type == kString) {
        text(item);
      } else {
        places_.push_back({out.size(), item.size()});
        append(item);
      }
    }
  }
  void tensor(const GgufDraft::Tensor& tensor) {
    text(tensor.name);
    number(static_cast<std::uint32_t>(tensor.dims.size()));
    for (const std::uint64_t dim : tensor.dims) number(dim);
    number(tensor.type);
    number(tensor.offset);
  }

  Bytes out;

 private:
  std::vector<GgufDraft::Place>& places_;
};

std::string raw(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  std::memcpy(out.data(), &value, std::min(bytes, sizeof value));
  return out;
}

// A text of the file, one that looks like a number or a byte token, or one cut or lengthened.
std::string odd_text(const GgufDraft& draft, std::string text, Dice& dice) {
  constexpr std::string_view kOdd[] = {
      "",  "<0x-1>",  "<0xZZ>",       "<0x100>",  "<0x41>", "\xff\xfe", "a b",  " ",     "a",
      "▁", "{% x %}", "<|im_start|>", "\xe2\x96", "<s>",    "llama",    "gpt2", "qwen2", "yarn"};
  switch (dice.below(5)) {
    case 0:
      return std::string(dice.one_of(kOdd));
    case 1:
      return text.substr(0, dice.below(text.size() + 1));
    case 2:
      return text + text + std::string(dice.below(64), 'x');
    case 3:
      if (!text.empty()) text[dice.below(text.size())] = static_cast<char>(dice.word());
      return text;
    default:
      if (draft.entries.empty()) return text;
      return draft.entries[dice.below(draft.entries.size())].key;
  }
}

void change_item(const GgufDraft& draft, GgufDraft::Value& value, Dice& dice) {
  if (value.items.empty()) return;
  std::string& item = dice.one_of(value.items);
  if (value.element_type == kString)
    item = odd_text(draft, std::move(item), dice);
  else
    item = raw(dice.odd_number_near(value.items.size()), item.size());
}

// Another value altogether: any type, up to three items.
GgufDraft::Value odd_value(const GgufDraft& draft, Dice& dice) {
  GgufDraft::Value value;
  do {
    value.element_type = static_cast<std::uint32_t>(dice.below(kTypes));
  } while (value.element_type == kArray);
  const bool array = dice.one_in(3);
  value.type = array ? kArray : value.element_type;
  const std::size_t items = array ? dice.below(4) : 1;
  for (std::size_t i = 0; i < items; ++i) {
    const bool text = value.element_type == kString;
    value.items.push_back(text ? odd_text(draft, "word", dice)
                               : raw(dice.odd_number(), kScalarBytes[value.element_type]));
  }
  return value;
}

void change_length(GgufDraft::Value& value, Dice& dice) {
  if (value.type != kArray || value.items.empty()) return;
  if (dice.one_in(2))
    value.items.resize(dice.below(value.items.size()));
  else
    value.items.push_back(value.items[dice.below(value.items.size())]);
}

void change_entry(GgufDraft& draft, Dice& dice) {
  if (draft.entries.empty()) return;
  const std::size_t at = dice.below(draft.entries.size());
  GgufDraft::Entry& entry = draft.entries[at];
  switch (dice.below(8)) {
    case 0:
      entry.key = odd_text(draft, std::move(entry.key), dice);
      return;
    case 1:
      entry.value = odd_value(draft, dice);
      return;
    case 2:
      draft.entries.push_back(GgufDraft::Entry(entry));
      return;
    case 3:
      draft.entries.erase(draft.entries.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    case 4:
      entry.value = dice.one_of(draft.entries).value;
      return;
    case 5:
      return change_length(entry.value, dice);
    default:
      return change_item(draft, entry.value, dice);
  }
}

void change_tensor(GgufDraft& draft, Dice& dice) {
  if (draft.tensors.empty()) return;
  const std::size_t at = dice.below(draft.tensors.size());
  GgufDraft::Tensor& tensor = draft.tensors[at];
  const GgufDraft::Tensor other = dice.one_of(draft.tensors);
  switch (dice.below(8)) {
    case 0:
      tensor.name = dice.one_in(2) ? other.name : odd_text(draft, std::move(tensor.name), dice);
      return;
    case 1:
      tensor.dims = other.dims;
      return;
    case 2:
      if (tensor.dims.size() > 1) std::swap(tensor.dims[0], tensor.dims[1]);
      return;
    case 3:
      tensor.type = static_cast<std::uint32_t>(dice.below(42));
      return;
    case 4:
      tensor.offset = dice.one_in(2) ? other.offset : dice.odd_number() & ~std::uint64_t{31};
      return;
    case 5:
      draft.tensors.push_back(other);
      return;
    case 6:
      draft.tensors.erase(draft.tensors.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    default:
      if (tensor.dims.empty()) return;
      std::uint64_t& dim = tensor.dims[dice.below(tensor.dims.size())];
      dim = dice.odd_number_near(dim);
  }
}

// A number of a tensor that is none, infinite, or tiny.
void change_data(std::string& data, Dice& dice) {
  constexpr std::uint32_t kFloats[] = {0x7fc00000, 0x7f800000, 0xff800000,
                                       0x00000001, 0x7f7fffff, 0xffffffff};
  if (data.size() < sizeof(float)) return;
  const std::size_t at = dice.below(data.size() / sizeof(float)) * sizeof(float);
  data.replace(at, sizeof(float), raw(dice.one_of(kFloats), sizeof(float)));
}

void lie(Bytes& file, const std::vector<GgufDraft::Place>& places, Dice& dice) {
  const GgufDraft::Place place = places[dice.below(places.size())];
  std::uint64_t value = 0;
  std::memcpy(&value, file.data() + place.at, std::min(place.bytes, sizeof value));
  const std::string bytes = raw(dice.odd_number_near(value), place.bytes);
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(place.at));
}

}  // namespace

std::optional<GgufDraft> GgufDraft::read(std::span<const std::uint8_t> file) {
  Reader in(as_text(file));
  if (in.bytes(4) != "GGUF") return std::nullopt;
  GgufDraft draft;
  draft.version = in.number<std::uint32_t>();
  const std::size_t tensors = in.count(), entries = in.count();
  for (std::size_t i = 0; in.ok() && i < entries; ++i) {
    std::string key = in.text();
    draft.entries.push_back({std::move(key), in.value()});
  }
  for (std::size_t i = 0; in.ok() && i < tensors; ++i) draft.tensors.push_back(in.tensor());
  if (!in.ok()) return std::nullopt;
  const std::size_t data = std::min(file.size(), (in.at() + kAlignment - 1) & ~(kAlignment - 1));
  draft.data = as_text(file.subspan(data));
  return draft;
}

Bytes GgufDraft::write(std::vector<Place>& places) const {
  Writer w(places);
  w.append("GGUF");
  w.number(version);
  w.number(std::uint64_t{tensors.size()});
  w.number(std::uint64_t{entries.size()});
  for (const Entry& entry : entries) {
    w.text(entry.key);
    w.value(entry.value);
  }
  for (const Tensor& tensor : tensors) w.tensor(tensor);
  if (!data.empty()) w.out.resize((w.out.size() + kAlignment - 1) & ~(kAlignment - 1));
  w.append(data);
  return std::move(w.out);
}

void break_gguf(Bytes& input, std::size_t begin, Dice& dice) {
  begin = std::min(begin, input.size());
  std::optional<GgufDraft> draft = GgufDraft::read(std::span(input).subspan(begin));
  if (!draft) return break_bytes(input, dice);
  if (dice.one_in(12))
    change_data(draft->data, dice);
  else if (draft->tensors.empty() || dice.one_in(2))
    change_entry(*draft, dice);
  else
    change_tensor(*draft, dice);
  std::vector<GgufDraft::Place> places;
  Bytes file = draft->write(places);
  if (dice.one_in(3)) lie(file, places, dice);
  input.resize(begin);
  input.insert(input.end(), file.begin(), file.end());
}

}  // namespace curlew::fuzz
