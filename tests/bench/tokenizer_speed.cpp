// How fast vocabularies encode source code, on one thread.
//
//   tokenizer_speed VOCABULARY.gguf... -- FILE...
//
// Each file is encoded by itself, as an editor's buffers are; all of them five times, of which the
// median counts. Prints a row of a Markdown table for each vocabulary.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "model/files/model_file.h"
#include "model/text/tokenizer.h"

namespace {

using namespace curlew::model;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;

int measure(const char* vocabulary, const std::vector<std::string>& texts) {
  const auto file = ModelFile::open(vocabulary);
  const auto tokenizer =
      file ? load_tokenizer(*file) : Expected<std::unique_ptr<const Tokenizer>>(nullptr);
  if (!file || !tokenizer) {
    std::fprintf(stderr, "tokenizer_speed: %s\n",
                 (file ? tokenizer.error() : file.error()).message().c_str());
    return 2;
  }
  std::array<double, kRounds> seconds;
  std::size_t bytes = 0, tokens = 0;
  for (double& round : seconds) {
    bytes = tokens = 0;
    const auto start = Clock::now();
    for (const std::string& text : texts) {
      tokens += (*tokenizer)->encode(text).size();
      bytes += text.size();
    }
    round = std::chrono::duration<double>(Clock::now() - start).count();
  }
  std::ranges::sort(seconds);
  std::printf("| %s | %d | %.1f | %.2f |\n", std::filesystem::path(vocabulary).stem().c_str(),
              (*tokenizer)->size(), static_cast<double>(bytes) * 1e-6 / seconds[kRounds / 2],
              static_cast<double>(bytes) / static_cast<double>(tokens));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<const char*> vocabularies;
  std::vector<std::string> texts;
  bool in_files = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--") {
      in_files = true;
    } else if (in_files) {
      std::stringstream content;
      content << std::ifstream(argv[i], std::ios::binary).rdbuf();
      texts.push_back(std::move(content).str());
    } else {
      vocabularies.push_back(argv[i]);
    }
  }
  if (vocabularies.empty() || texts.empty()) {
    std::fprintf(stderr, "usage: tokenizer_speed VOCABULARY.gguf... -- FILE...\n");
    return 2;
  }
  std::printf("| vocabulary | tokens | MB/s | bytes a token |\n|---|---|---|---|\n");
  for (const char* vocabulary : vocabularies)
    if (const int failed = measure(vocabulary, texts)) return failed;
  return 0;
}
