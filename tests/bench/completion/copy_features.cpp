// Candidates of the copy predictor with their features and whether they are right, for
// fit_copy.py; and how often its first proposal is.
//
//   copy_features CASES.jsonl [TREES] [--siblings N] [--features OUT.jsonl]
//
// With TREES, the folder that holds the cases' trees, N other files of the case's folder are
// searched as open files.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "model/copy/candidates.h"
#include "model/copy/copy_predictor.h"

namespace {

using namespace curlew::model;
using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uintmax_t kSiblingBytesMax = 100'000;

struct Options {
  std::string cases, trees, features;
  int siblings = 3;
};

struct Case {
  std::string prefix, suffix, middle, kind;
  std::vector<std::string> siblings;
};

std::string_view rstrip(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> siblings_of(const fs::path& file, int count) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), error))
    if (entry.is_regular_file() && entry.path() != file &&
        entry.path().extension() == file.extension() && entry.file_size() <= kSiblingBytesMax)
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  std::vector<std::string> texts;
  for (const fs::path& path : found)
    if (static_cast<int>(texts.size()) < count) texts.push_back(read_file(path));
  return texts;
}

std::vector<Case> read_cases(const Options& options) {
  std::vector<Case> cases;
  std::ifstream in(options.cases);
  for (std::string line; std::getline(in, line);) {
    const json value = json::parse(line);
    Case c{value["prefix"], value["suffix"], value["middle"], value.value("kind", ""), {}};
    if (!options.trees.empty())
      c.siblings =
          siblings_of(fs::path(options.trees) / value.value("tree", "") / value.value("path", ""),
                      options.siblings);
    cases.push_back(std::move(c));
  }
  return cases;
}

CopyQuery query_of(const Case& c) {
  CopyQuery query{.prefix = c.prefix, .suffix = c.suffix};
  for (const std::string& text : c.siblings) query.sources.push_back({text, CopyOrigin::kOpenFile});
  return query;
}

void write_features(const Case& c, SegmentCache& cache, std::ostream& out) {
  const CopyQuery query = query_of(c);
  const CursorContext context = look_around(query);
  const auto texts = searched_texts(query, context, cache);
  json rows = json::array(), labels = json::array();
  for (const Candidate& candidate : find_candidates(context, texts, find_places(context, texts))) {
    rows.push_back(candidate.features);
    labels.push_back(rstrip(candidate.line) == rstrip(c.middle));
  }
  out << json{{"features", rows}, {"right", labels}, {"kind", c.kind}} << "\n";
}

void report(const std::vector<Case>& cases) {
  CopyPredictor predictor;
  std::map<std::string, std::array<int, 3>> kinds;  // cases, proposed, right
  double total_ms = 0;
  for (const Case& c : cases) {
    const CopyQuery query = query_of(c);
    predictor.predict(query);  // builds what a typing user has warm
    const auto start = std::chrono::steady_clock::now();
    const auto predictions = predictor.predict(query);
    total_ms +=
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    for (const std::string& kind : {c.kind, std::string("all")}) {
      auto& [n, shown, right] = kinds[kind];
      ++n;
      shown += !predictions.empty();
      right += !predictions.empty() && rstrip(predictions[0].text) == rstrip(c.middle);
    }
  }
  for (const auto& [kind, counts] : kinds)
    std::printf("%-5s n %4d  proposed %5.1f%%  exact %5.1f%%\n", kind.c_str(), counts[0],
                100.0 * counts[1] / counts[0], 100.0 * counts[2] / counts[0]);
  std::printf("warm prediction: mean %.3f ms\n", total_ms / std::max<std::size_t>(1, cases.size()));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> plain;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--siblings" && i + 1 < argc) {
      options.siblings = std::atoi(argv[++i]);
    } else if (arg == "--features" && i + 1 < argc) {
      options.features = argv[++i];
    } else {
      plain.push_back(arg);
    }
  }
  if (plain.empty()) {
    std::fprintf(stderr, "copy_features CASES.jsonl [TREES] [--siblings N] [--features OUT]\n");
    return 2;
  }
  options.cases = plain[0];
  if (plain.size() > 1) options.trees = plain[1];
  const std::vector<Case> cases = read_cases(options);
  if (!options.features.empty()) {
    std::ofstream out(options.features);
    SegmentCache cache(std::size_t{64} << 20);
    for (const Case& c : cases) write_features(c, cache, out);
  }
  report(cases);
  return 0;
}
