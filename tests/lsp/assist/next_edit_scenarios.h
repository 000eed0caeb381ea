// Scenarios of tests/data/next_edit (README.md there): edits as an editor sends them, and the next
// edit or none.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "indexer/index.h"
#include "lsp/assist/next_edit/next_edit.h"

namespace curlew::assist {

struct Scenario {
  struct Edit {
    std::string path, from, to;
    int nth = 1;
    bool is_typed = true;  // key by key; else in one change
  };
  struct LinePair {
    std::string from, to;
    bool is_deleted = false;
  };

  std::string name;
  std::map<std::string, std::string> files;
  std::vector<Edit> edits;
  int rest_ms = 100;                       // from the last key to the question
  std::string cursor_path, cursor_behind;  // "": behind the last edit
  std::string expected_path;               // "": nothing is expected
  std::vector<LinePair> expected;

  bool expects_edit() const { return !expected_path.empty(); }
};

inline std::vector<Scenario> read_scenarios(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Scenario> out;
  for (const auto& json : nlohmann::json::parse(file)) {
    Scenario scenario{.name = json["name"]};
    for (const auto& [name, lines] : json["files"].items()) {
      std::string& text = scenario.files[name];
      for (const std::string line : lines) text += line + "\n";
    }
    for (const auto& edit : json["edits"])
      scenario.edits.push_back({edit["path"], edit["from"], edit["to"], edit.value("nth", 1),
                                edit.value("how", "type") == "type"});
    scenario.rest_ms = json.value("rest_ms", scenario.rest_ms);
    if (json.contains("cursor")) {
      scenario.cursor_path = json["cursor"]["path"];
      scenario.cursor_behind = json["cursor"]["behind"];
    }
    if (!json["expect"].is_null()) {
      scenario.expected_path = json["expect"]["path"];
      for (const auto& line : json["expect"]["lines"])
        scenario.expected.push_back(
            {line["from"], line["to"].is_null() ? "" : line["to"], line["to"].is_null()});
    }
    out.push_back(std::move(scenario));
  }
  return out;
}

// Plays a scenario in a workspace of its own.
class ScenarioRun {
 public:
  explicit ScenarioRun(const Scenario& scenario) : scenario_(scenario) {
    root_ = std::filesystem::temp_directory_path() /
            ("curlew-next-edit-" + std::to_string(::getpid()) + "-" + scenario.name);
    for (const auto& [path, text] : scenario.files) {
      std::filesystem::create_directories((root_ / path).parent_path());
      std::ofstream(root_ / path) << text;
      texts_[path] = std::make_shared<const std::string>(text);
    }
    auto index = indexer::Index::open({.root = root_, .threads = 1, .read_only_memory = true});
    if (index) index_ = std::move(*index);
    if (index_ && !index_->update()) index_.reset();
    for (const Scenario::Edit& edit : scenario.edits) play(edit);
  }
  ~ScenarioRun() { std::filesystem::remove_all(root_); }

  Expected<NextEditAnswer> answer(std::vector<LineChange> unwanted = {}) {
    NextEditSources sources{.index = index_.get(), .read = [this](const std::string& path) {
                              const auto found = texts_.find(path);
                              return found == texts_.end() ? nullptr : found->second;
                            }};
    NextEditRequest request{.path = path_,
                            .edits = history_.edits(),
                            .now = now_ + std::chrono::milliseconds(scenario_.rest_ms)};
    if (!scenario_.cursor_path.empty()) {
      request.path = scenario_.cursor_path;
      cursor_ =
          texts_.at(request.path)->find(scenario_.cursor_behind) + scenario_.cursor_behind.size();
    }
    request.text = texts_.at(request.path);
    request.cursor = cursor_;
    request.unwanted = history_.undone();
    request.unwanted.insert(request.unwanted.end(), unwanted.begin(), unwanted.end());
    return next_edit(sources, request, {});
  }

  const std::string& text(const std::string& path) const { return *texts_.at(path); }

  // The expected file's text after the expected edit.
  std::string expected_text() const {
    std::string text = *texts_.at(scenario_.expected_path);
    for (const Scenario::LinePair& line : scenario_.expected) {
      const std::size_t at = line_at(text, line.from);
      if (at == std::string::npos) return "no line '" + line.from + "'";
      text.replace(at, line.from.size() + (line.is_deleted ? 1 : 0), line.to);
    }
    return text;
  }

 private:
  static std::size_t line_at(const std::string& text, const std::string& line) {
    if (text.starts_with(line + "\n")) return 0;
    const std::size_t at = text.find("\n" + line + "\n");
    return at == std::string::npos ? at : at + 1;
  }

  void play(const Scenario::Edit& edit) {
    const std::string& text = *texts_.at(edit.path);
    std::size_t at = text.find(edit.from);
    for (int i = 1; i < edit.nth && at != std::string::npos; ++i) at = text.find(edit.from, at + 1);
    if (at == std::string::npos) throw std::runtime_error(scenario_.name + ": " + edit.from);
    // What both have in front and at the end is not touched.
    std::size_t head = 0, tail = 0;
    const std::size_t most = std::min(edit.from.size(), edit.to.size());
    while (head < most && edit.from[head] == edit.to[head]) ++head;
    while (tail < most - head &&
           edit.from[edit.from.size() - 1 - tail] == edit.to[edit.to.size() - 1 - tail])
      ++tail;
    const std::size_t start = at + head, end = at + edit.from.size() - tail;
    const std::string typed = edit.to.substr(head, edit.to.size() - head - tail);
    now_ += std::chrono::seconds(5);
    if (!edit.is_typed || typed.size() < 2) {
      change(edit.path, {start, end, typed});
    } else {
      change(edit.path, {start, end, typed.substr(0, 1)});
      for (std::size_t i = 1; i < typed.size(); ++i)
        change(edit.path, {start + i, start + i, typed.substr(i, 1)});
    }
    path_ = edit.path;
    cursor_ = start + typed.size();
  }

  void change(const std::string& path, const TextEdit& edit) {
    std::shared_ptr<const std::string>& text = texts_.at(path);
    now_ += std::chrono::milliseconds(80);
    history_.note(path, *text, edit, ++version_, now_);
    text = std::make_shared<const std::string>(apply_edits(*text, {edit}).value());
    if (index_) index_->set_buffer(path, text);
  }

  const Scenario& scenario_;
  std::filesystem::path root_;
  std::unique_ptr<indexer::Index> index_;
  std::map<std::string, std::shared_ptr<const std::string>> texts_;
  EditHistory history_;
  EditClock::time_point now_ = EditClock::now();
  int version_ = 1;
  std::string path_ = scenario_.files.begin()->first;
  std::size_t cursor_ = 0;
};

}  // namespace curlew::assist
