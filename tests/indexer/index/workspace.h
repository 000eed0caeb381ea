// A throw-away workspace for tests: files in, answers as text out.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "indexer/index.h"

namespace curlew::indexer::testing {

class Workspace {
 public:
  Workspace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "curlew-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(root());
  }
  ~Workspace() {
    index_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::filesystem::path root() const { return folder_ / "tree"; }
  std::filesystem::path store() const { return folder_ / "cache" / "index.sqlite"; }

  Workspace& write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root() / path).parent_path());
    std::ofstream(root() / path, std::ios::binary) << text;
    return *this;
  }
  void remove(const std::string& path) { std::filesystem::remove(root() / path); }

  IndexOptions options() const { return {.root = root(), .store = store(), .threads = 2}; }

  // The opened index; opens it on first use.
  Index& index() {
    if (!index_) {
      Expected<std::unique_ptr<Index>> opened = Index::open(options());
      if (!opened) throw std::runtime_error(opened.error().message());
      index_ = std::move(*opened);
    }
    return *index_;
  }
  void close() { index_.reset(); }

  IndexStats update() {
    Expected<IndexStats> stats = index().update();
    if (!stats) {
      ADD_FAILURE() << stats.error().message();
      return {};
    }
    return *stats;
  }

  // "path:line container::name kind" a hit, lines from 1.
  std::vector<std::string> search(const std::string& text, SearchKind kind = SearchKind::kBoth) {
    return described(index().search({.text = text, .kind = kind}));
  }
  std::vector<std::string> definitions(const std::string& name) {
    return described(index().definitions(name));
  }

  // Context at the first "^" of `text`, which is taken out.
  std::vector<ContextChunk> context(const std::string& path, std::string text,
                                    std::vector<std::string> recent = {}, int bytes_max = 6000) {
    const std::size_t cursor = text.find('^');
    if (cursor == text.npos) {
      ADD_FAILURE() << "no ^ in the text";
      return {};
    }
    text.erase(cursor, 1);
    Expected<std::vector<ContextChunk>> chunks = index().context({.path = path,
                                                                  .text = text,
                                                                  .cursor = cursor,
                                                                  .recent_paths = recent,
                                                                  .bytes_max = bytes_max});
    if (!chunks) {
      ADD_FAILURE() << chunks.error().message();
      return {};
    }
    return *chunks;
  }

 private:
  static std::vector<std::string> described(const Expected<std::vector<SearchHit>>& hits) {
    std::vector<std::string> lines;
    if (!hits) return {"error: " + hits.error().message()};
    for (const SearchHit& hit : *hits) {
      const std::string_view between = hit.container.empty() ? "" : "::";
      lines.push_back(fmt::format("{}:{} {}{}{} {}", hit.path, hit.name_range.start_line + 1,
                                  hit.container, between, hit.name, hit.kind));
    }
    return lines;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Index> index_;
};

// The source and first line of every chunk: "definition util.h:3 int area(int w, int h);"
inline std::vector<std::string> summaries(const std::vector<ContextChunk>& chunks) {
  std::vector<std::string> lines;
  for (const ContextChunk& chunk : chunks) {
    lines.push_back(fmt::format("{} {}:{} {}", context_source_name(chunk.source), chunk.path,
                                chunk.start_line + 1, chunk.text.substr(0, chunk.text.find('\n'))));
  }
  return lines;
}

inline std::string texts(const std::vector<ContextChunk>& chunks) {
  std::string all;
  for (const ContextChunk& chunk : chunks) all += chunk.text;
  return all;
}

}  // namespace curlew::indexer::testing
