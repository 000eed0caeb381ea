// Tiny models with known logits, and models made up for a test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/decode/engine.h"
#include "tests/model/gguf_writer.h"

namespace curlew::model::testing {

// [rows, cols] float32, as NumPy writes them.
struct Table {
  std::size_t rows = 0, cols = 0;
  std::vector<float> values;

  std::span<const float> row(std::size_t r) const {
    return std::span(values).subspan(r * cols, cols);
  }
};
Table read_npy(const std::filesystem::path& path);

struct Reference {
  std::filesystem::path model;
  nlohmann::json facts;
  Table exact, cpu;  // cpu may be empty
};

std::filesystem::path small_models();     // tests/data/models, always there
std::filesystem::path shared_fixtures();  // the large set, which may be missing

Reference small_reference(const std::string& name);
Reference shared_reference(const std::string& name);
// Of a parameter that names a reference: '-' is not allowed in a test's name.
std::string test_name_of_file(const ::testing::TestParamInfo<std::string>& info);

// An engine that must load.
std::unique_ptr<Engine> load(const EngineOptions& options);
std::unique_ptr<Engine> load_small(const std::string& name);

// A file of the test's own, removed with it.
class TempFile {
 public:
  explicit TempFile(const std::string& name);
  ~TempFile();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A llama of random float32 weights with a SentencePiece vocabulary of bytes and letters.
struct ToyShape {
  int layers = 2, hidden = 32, heads = 2, kv_heads = 1, ffn = 48, context = 256;
  unsigned seed = 1;
  const char* control = nullptr;  // a control token of this spelling instead of "z"
};
GgufWriter toy_model(const ToyShape& shape);

// Metadata of `file`, and its tensors as `type`, but for one.
GgufWriter copy_as(kernels::WeightType type, const ModelFile& file, std::string_view without = {});
GgufWriter dequantised_copy(const ModelFile& file, std::string_view without = {});  // as float32

// Random ids that mean text, not control.
std::vector<TokenId> random_ids(int count, int n_vocab, unsigned seed);

}  // namespace curlew::model::testing
