// curlew demo: the main job, end to end, as an editor does it. Starts the language server as a
// child, opens files of a real workspace, waits for the index, and asks for completions where the
// rest of a line was taken away.
#include <fmt/color.h>

#include <unistd.h>

#include <set>

#include "editors/cli/lsp_client.h"
#include "editors/cli/options.h"
#include "editors/cli/report.h"
#include "editors/cli/workspace.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

using protocol::Json;

constexpr auto kReadyWaitMax = std::chrono::seconds(300);
constexpr int kLinesBefore = 4, kLinesAfter = 2;

// A place of the demo: the cursor stands behind the first occurrence of `behind`, the rest of that
// line is taken away as if it were still to be written.
struct DemoPlace {
  std::string file, behind;
};

// Plain everyday lines of this repository, found by their text since line numbers move.
std::vector<DemoPlace> own_places() {
  return {{"lsp/protocol/rpc.cpp", "std::string encode_result(const "},
          {"editors/cli/base64.cpp", "for (std::size_t j = "},
          {"tests/lsp/session_test.py", "        self.assert"}};
}

class Demo {
 public:
  Demo(LspClient& client, fs::path root) : client_(client), root_(std::move(root)) {}

  Status prepare();
  Status show(const fs::path& file, const std::string& text, std::size_t cursor);

 private:
  void note_progress(const Json& params);
  Expected<Json> complete_at(const std::string& uri, const std::string& text, std::size_t cursor);
  void print_item(const std::string& text, std::size_t cursor, const Json& item,
                  std::string_view taken_away) const;

  LspClient& client_;
  fs::path root_;
  ProgressLine line_;
  std::set<std::string> running_;  // progress tokens
  int version_ = 0;
};

std::string uri_of(const fs::path& path) {
  return "file://" + fs::absolute(path).lexically_normal().string();
}

Json position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {{"line", line}, {"character", offset - start}};
}

void Demo::note_progress(const Json& params) {
  const std::string token = params.value("token", Json()).dump();
  const Json value = params.value("value", Json::object());
  const std::string kind = value.value("kind", "");
  if (kind == "begin") running_.insert(token);
  if (kind == "end") running_.erase(token);
  line_.show(value.value("percentage", 0) / 100.0,
             value.value("title", std::string()) + " " + value.value("message", std::string()));
}

void print_state(const Json& status) {
  const Json model = status.value("model", Json::object());
  fmt::print("model  {} ({}, {}), {}\n", model.value("name", "none"),
             model.value("architecture", "?"), model.value("weights", "?"),
             model.value("device", "?"));
  for (const Json& index : status.value("index", Json::array()))
    fmt::print("index  {} files, {} symbols, {} references, {}\n", index.value("files", 0),
               index.value("symbols", 0), index.value("references", 0),
               human_bytes(index.value("bytes", 0.0)));
}

Status Demo::prepare() {
  client_.on_notification([this](const std::string& method, const Json& params) {
    if (method == "$/progress") note_progress(params);
  });
  const Json capabilities = {{"general", {{"positionEncodings", {"utf-8"}}}},
                             {"window", {{"workDoneProgress", true}}},
                             {"textDocument", {{"inlineCompletion", Json::object()}}}};
  auto initialized = client_.request(
      "initialize",
      {{"processId", ::getpid()},
       {"clientInfo", {{"name", "curlew demo"}}},
       {"rootUri", uri_of(root_)},
       {"capabilities", capabilities},
       {"workspaceFolders", {{{"uri", uri_of(root_)}, {"name", root_.filename().string()}}}}});
  if (!initialized) return std::move(initialized.error()).pass();
  client_.notify("initialized", Json::object());

  const auto deadline = std::chrono::steady_clock::now() + kReadyWaitMax;
  while (std::chrono::steady_clock::now() < deadline) {
    auto status = client_.request("curlew/status", Json::object());
    if (!status) return std::move(status.error()).pass();
    if (status->value("ready", false)) {
      line_.clear();
      print_state(*status);
      return {};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  return assist::fail(assist::Errc::kInternal, "the server was not ready after {} s",
                      kReadyWaitMax.count());
}

Expected<Json> Demo::complete_at(const std::string& uri, const std::string& text,
                                 std::size_t cursor) {
  auto list =
      client_.request("textDocument/inlineCompletion", {{"textDocument", {{"uri", uri}}},
                                                        {"position", position_of(text, cursor)},
                                                        {"context", {{"triggerKind", 1}}}});
  if (!list) return list;
  const Json& items = list->is_object() ? list->value("items", Json::array()) : *list;
  return items.is_array() && !items.empty() ? items[0] : Json();
}

// The lines around the cursor with the suggestion in place, as an editor paints it.
void print_code(std::string_view text, std::size_t cursor, std::string_view ghost) {
  std::size_t from = cursor, to = cursor;
  for (int i = 0; i <= kLinesBefore && from != 0; ++i) {
    const std::size_t newline = text.rfind('\n', from - 1);
    from = newline == std::string_view::npos ? 0 : newline;
  }
  for (int i = 0; i <= kLinesAfter && to < text.size(); ++i)
    to = std::min(text.find('\n', to + 1), text.size());
  fmt::print("{}", text.substr(from, cursor - from));
  if (::isatty(STDOUT_FILENO) == 1)
    fmt::print(fmt::emphasis::faint | fmt::emphasis::italic, "{}", ghost);
  else
    fmt::print("⟦{}⟧", ghost);
  fmt::print("{}\n\n", text.substr(cursor, to - cursor));
}

void Demo::print_item(const std::string& text, std::size_t cursor, const Json& item,
                      std::string_view taken_away) const {
  const std::string ghost = item.is_object() ? item.value("insertText", std::string()) : "";
  print_code(text, cursor, ghost);
  fmt::print("  suggested    {}\n  stood there  {}\n", ghost.empty() ? "(nothing)" : ghost,
             taken_away);
  if (!item.is_object()) return;
  const Json data = item.value("data", Json::object());
  const Json timings = data.value("timings", Json::object());
  fmt::print("  by           {}, {} prompt tokens ({} from the cache)\n", data.value("source", "?"),
             data.value("prompt_tokens", 0), data.value("cached_tokens", 0));
  fmt::print("  time         {:.1f} ms: retrieve {:.1f}, prefill {:.1f}, decode {:.1f}\n",
             timings.value("total_ms", 0.0), timings.value("retrieve_ms", 0.0),
             timings.value("prefill_ms", 0.0), timings.value("decode_ms", 0.0));
  for (const Json& chunk : data.value("context", Json::array()))
    fmt::print("  context      {}:{}-{}  {}\n", chunk.value("path", ""),
               chunk.value("start_line", 0), chunk.value("end_line", 0), chunk.value("why", ""));
}

Status Demo::show(const fs::path& file, const std::string& whole, std::size_t cursor) {
  const std::size_t line_end = std::min(whole.find('\n', cursor), whole.size());
  const std::string taken_away = whole.substr(cursor, line_end - cursor);
  const std::string text = whole.substr(0, cursor) + whole.substr(line_end);
  const std::string uri = uri_of(file);
  fmt::print("\n── {}:{} ──\n", relative_path(file, root_),
             position_of(whole, cursor)["line"].get<int>() + 1);

  client_.notify("textDocument/didOpen",
                 {{"textDocument",
                   {{"uri", uri}, {"languageId", ""}, {"version", ++version_}, {"text", text}}}});
  auto first = complete_at(uri, text, cursor);
  if (!first) return std::move(first.error()).pass();
  print_item(text, cursor, *first, taken_away);

  // One more character, as its user would type it: nearly all of the prompt comes from the cache.
  const std::string typed = taken_away.substr(0, 1);
  if (!typed.empty() && static_cast<unsigned char>(typed[0]) < 0x80) {
    client_.notify(
        "textDocument/didChange",
        {{"textDocument", {{"uri", uri}, {"version", ++version_}}},
         {"contentChanges",
          {{{"range", {{"start", position_of(text, cursor)}, {"end", position_of(text, cursor)}}},
            {"text", typed}}}}});
    std::string next = text;
    next.insert(cursor, typed);
    auto second = complete_at(uri, next, cursor + 1);
    if (!second) return std::move(second.error()).pass();
    const Json data = second->is_object() ? second->value("data", Json::object()) : Json::object();
    fmt::print("  typed '{}'    {:.1f} ms, by {}, {} of {} prompt tokens from the cache\n", typed,
               data.value("timings", Json::object()).value("total_ms", 0.0),
               data.value("source", "nobody"), data.value("cached_tokens", 0),
               data.value("prompt_tokens", 0));
  }
  client_.notify("textDocument/didClose", {{"textDocument", {{"uri", uri}}}});
  return {};
}

Expected<Place> find_place(const fs::path& root, const DemoPlace& place) {
  const fs::path file = root / place.file;
  Expected<std::string> text = read_file(file);
  if (!text) return std::move(text.error()).pass();
  const std::size_t at = text->find(place.behind);
  if (at == std::string::npos)
    return assist::fail(assist::Errc::kNotFound, "{}: no '{}' in it", file.string(), place.behind);
  return Place{file, std::move(*text), at + place.behind.size()};
}

Expected<std::vector<Place>> places_to_show(const fs::path& root, const DemoOptions& options) {
  std::vector<Place> out;
  for (const std::string& written : options.places) {
    Expected<Place> place = resolve_place(written);
    if (!place) return std::move(place.error()).pass();
    out.push_back(std::move(*place));
  }
  if (!out.empty()) return out;
  for (const DemoPlace& own : own_places()) {
    Expected<Place> place = find_place(root, own);
    if (!place)
      return std::move(place.error())
          .during("the demo's own places are in Curlew's repository; name others as FILE:LINE:COL");
    out.push_back(std::move(*place));
  }
  return out;
}

}  // namespace

int run_demo(const CommonOptions& common, const DemoOptions& options) {
  const fs::path root = workspace_root(common, fs::current_path());
  auto places = places_to_show(root, options);
  if (!places) return report(places.error());
  std::vector<std::string> command = {fs::read_symlink("/proc/self/exe").string(), "lsp",
                                      "--standalone", "--log-level", "warn"};
  if (!common.settings.model.empty())
    command.insert(command.end(), {"--model", common.settings.model});
  auto client = LspClient::start(command);
  if (!client) return report(client.error());

  Demo demo(**client, root);
  if (Status ready = demo.prepare(); !ready) return report(ready.error());
  for (const Place& place : *places)
    if (Status shown = demo.show(place.file, place.text, place.offset); !shown)
      return report(shown.error());
  (*client)->shutdown();
  return kExitDone;
}

}  // namespace curlew::cli
