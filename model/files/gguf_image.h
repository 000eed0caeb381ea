// The GGUF file that a converter would have written, as it takes shape in memory: keys and tensors,
// and whatever bytes their views point into. A ModelFile made of it keeps it alive.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

class GgufImage {
 public:
  GgufImage() = default;
  GgufImage(const GgufImage&) = delete;  // views point into it
  GgufImage& operator=(const GgufImage&) = delete;

  // A copy of the text that lives as long as the image.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  // A later value of the same key replaces the earlier one.
  void set(std::string key, MetadataValue value) {
    const auto it = metadata.find(key);
    if (it != metadata.end()) {
      it->second = std::move(value);
    } else {
      metadata.emplace(keep(std::move(key)), std::move(value));
    }
  }
  void set_text(std::string key, std::string text) { set(std::move(key), keep(std::move(text))); }
  const MetadataValue* find(std::string_view key) const {
    const auto it = metadata.find(key);
    return it != metadata.end() ? &it->second : nullptr;
  }

  // Memory for a tensor that does not lie in a file as it is needed: 64-byte aligned, contents
  // undefined.
  Expected<std::span<std::byte>> allocate(std::size_t bytes);

  std::unordered_map<std::string_view, MetadataValue> metadata;
  std::vector<ModelTensor> tensors;

 private:
  struct Free {
    void operator()(std::byte* data) const { ::operator delete[](data, kAlignment); }
  };
  static constexpr std::align_val_t kAlignment{64};

  std::deque<std::string> texts_;
  std::vector<std::unique_ptr<std::byte[], Free>> buffers_;
};

}  // namespace curlew::model
