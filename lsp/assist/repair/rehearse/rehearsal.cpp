#include "lsp/assist/repair/rehearse/rehearsal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lsp/assist/edit/text_difference.h"

namespace curlew::assist {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMark =
    "\x1e"
    "curlew ";

bool is_python(std::string_view name) {
  if (!name.starts_with("python")) return false;
  return name.substr(6).find_first_not_of("0123456789.") == name.npos;
}

// The program of that name in PATH.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "" : path;
  while (!left.empty()) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    const std::filesystem::path program = std::filesystem::path(folder) / name;
    if (access(program.c_str(), X_OK) == 0) return program.string();
  }
  return "";
}

// "#!/usr/bin/python3"; "" where a file begins otherwise.
std::string interpreter_of(const std::string& program) {
  std::ifstream file(program);
  std::string line;
  if (!std::getline(file, line) || !line.starts_with("#!")) return "";
  line.erase(0, line.find_first_not_of(' ', 2));
  const bool is_plain = line.find(' ') == std::string::npos;
  return is_plain && is_python(std::filesystem::path(line).filename().string()) ? line : "";
}

// Bytes as characters of their own, which JSON can carry whatever they are.
std::string as_latin1(std::string_view bytes) {
  std::string utf8;
  for (const unsigned char byte : bytes) {
    if (byte < 0x80) {
      utf8 += static_cast<char>(byte);
    } else {
      utf8 += static_cast<char>(0xC0 | (byte >> 6));
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

// [bytes that stay at the beginning, at the end, what comes between]
Json difference(std::string_view before, std::string_view after) {
  const TextDifference found = difference_of(before, after);
  return {found.start, before.size() - found.end, as_latin1(found.now)};
}

Json common(const RehearsalCommand& command, const RehearsalRequest& request) {
  return {{"runner", command.runner},
          {"argv", command.argv},
          {"has_folder", command.is_module},
          {"root", request.root},
          {"tests", request.tests},
          {"limit", std::chrono::duration<double>(request.limit).count()}};
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The script's objects, in order.
std::vector<Json> said(std::string_view output) {
  std::vector<Json> all;
  for (std::size_t at = 0; (at = output.find(kMark, at)) != output.npos;) {
    at += kMark.size();
    const std::string_view line = output.substr(at, output.find('\n', at) - at);
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object()) all.push_back(std::move(json));
  }
  return all;
}

}  // namespace

std::optional<RehearsalCommand> rehearsal_of(const std::vector<std::string>& argv) {
  if (argv.empty()) return std::nullopt;
  const std::string name = std::filesystem::path(argv[0]).filename().string();
  if (name == "pytest" || name == "pytest-3" || name == "py.test") {
    const std::string python = interpreter_of(find_program(argv[0]));
    if (python.empty()) return std::nullopt;
    return RehearsalCommand{python, "pytest", {argv.begin() + 1, argv.end()}, false};
  }
  if (!is_python(name) || argv.size() < 2) return std::nullopt;
  if (argv[1] == "-m" && argv.size() > 2 && (argv[2] == "pytest" || argv[2] == "unittest"))
    return RehearsalCommand{argv[0], argv[2], {argv.begin() + 3, argv.end()}, true};
  if (argv[1].starts_with("-")) return std::nullopt;
  return RehearsalCommand{argv[0], "script", {argv.begin() + 1, argv.end()}, false};
}

std::string trace_request(const RehearsalCommand& command, const RehearsalRequest& request) {
  Json json = common(command, request);
  json["mode"] = "trace";
  return text_of(json);
}

std::string rehearse_request(const RehearsalCommand& command, const RehearsalRequest& request,
                             const Changes& base, std::span<const Changes> changes) {
  Json json = common(command, request);
  json["mode"] = "try";
  json["known_limit"] = request.known_limit;
  json["total"] = std::chrono::duration<double>(request.total).count();
  Json& list = json["changes"] = Json::array();
  for (const Changes& change : changes) {
    Json files = Json::object();
    for (const auto& [path, text] : change)
      if (const std::string& before = base.at(path); before != text)
        files[path] = difference(before, text);
    list.push_back(std::move(files));
  }
  return text_of(json);
}

std::vector<TestTrace> read_traces(std::string_view output) try {
  std::vector<TestTrace> traces;
  for (const Json& json : said(output)) {
    if (!json.contains("lines")) continue;
    TestTrace trace{json.at("test"), json.at("failed"), json.contains("hangs"), {}, {}};
    for (const auto& [path, lines] : json.at("lines").items())
      trace.lines[path] = lines.get<std::vector<int>>();
    if (trace.hangs)
      for (const Json& frame : json.at("hangs"))
        trace.frames.push_back({frame.at(0), frame.at(1).get<int>(), 0, 0, 0});
    traces.push_back(std::move(trace));
  }
  return traces;
} catch (const Json::exception&) {  // what runs there may print what it likes
  return {};
}

std::vector<Rehearsed> read_rehearsed(std::string_view output, std::size_t count) try {
  std::vector<Rehearsed> all(count);
  for (const Json& json : said(output)) {
    if (!json.contains("number")) continue;
    const auto number = json.at("number").get<std::size_t>();
    if (number >= count) continue;
    all[number] = {true, json.at("passed").get<int>(), json.at("failed").get<bool>()};
  }
  return all;
} catch (const Json::exception&) {
  return std::vector<Rehearsed>(count);
}

double read_limit(std::string_view output) try {
  for (const Json& json : said(output))
    if (json.contains("limit")) return json.at("limit").get<double>();
  return 0;
} catch (const Json::exception&) {
  return 0;
}

}  // namespace curlew::assist
