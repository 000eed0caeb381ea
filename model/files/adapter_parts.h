// The factors of a low-rank adapter as its reader finds them, checked against the model and paired.
// Private to model/files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/files/adapter_file.h"
#include "model/files/model_file.h"

namespace curlew::model {

enum class Factor { kA, kB };

class AdapterParts {
 public:
  // `file` stands in errors. `base` must outlive it.
  AdapterParts(const ModelFile& base, std::string file) : base_(base), file_(std::move(file)) {}

  // One factor of the model's tensor `target`; `tensor` is as the adapter has it (its name stands
  // in errors), and its bytes outlive the result of finish().
  Status add(std::string_view target, Factor factor, const ModelTensor& tensor);

  // The scale of a part, by its target and rank.
  using ScaleOf = std::function<Expected<double>(const std::string& target, std::int64_t rank)>;
  Expected<std::vector<LowRank>> finish(const ScaleOf& scale_of) const;

 private:
  Status check(std::string_view target, Factor factor, const ModelTensor& tensor) const;

  struct Pair {
    std::optional<kernels::MatrixView> a, b;
  };
  const ModelFile& base_;
  std::string file_;
  std::map<std::string, Pair, std::less<>> pairs_;  // by target
};

}  // namespace curlew::model
