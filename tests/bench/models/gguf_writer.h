// Writes GGUF version 3: metadata first, then tensors whose bytes are made as they are written, so
// that a file of any size needs little memory. For the benchmarks; trusts its caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "kernels/block_format.h"

namespace curlew::bench {

struct Tensor {
  std::string name;
  kernels::WeightType type;
  std::vector<std::int64_t> dims;  // fastest first: inputs, outputs
  std::size_t bytes() const;
};

class GgufWriter {
 public:
  void put(const std::string& key, const std::string& value);
  void put(const std::string& key, const char* value) { put(key, std::string(value)); }
  void put(const std::string& key, std::uint32_t value);
  void put(const std::string& key, float value);
  void put(const std::string& key, bool value);
  void put(const std::string& key, const std::vector<std::string>& values);
  void put(const std::string& key, const std::vector<std::int32_t>& values);
  // A key-value pair as another file has it, the key included.
  void put_raw(const std::string& bytes);

  void add(Tensor tensor) { tensors_.push_back(std::move(tensor)); }

  // fill(tensor, buffer) makes the bytes of one tensor. False with errno set when a write fails.
  bool write(const std::string& path,
             const std::function<void(const Tensor&, std::vector<std::uint8_t>&)>& fill) const;

 private:
  void key(const std::string& key, std::uint32_t value_type);

  std::string pairs_;
  std::uint64_t pair_count_ = 0;
  std::vector<Tensor> tensors_;
};

}  // namespace curlew::bench
