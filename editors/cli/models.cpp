// curlew models: which model files are at hand, what a file is, and which one is used.
#include <fstream>
#include <sstream>

#include "editors/cli/engine.h"
#include "editors/cli/json_output.h"
#include "editors/cli/model_info.h"
#include "editors/cli/report.h"
#include "model/files/model_file.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> model_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".gguf") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

int list_models(const CommonOptions& common) {
  Json list = Json::array();
  std::string out;
  const auto add = [&](const std::string& name, const fs::path& path) {
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    list.push_back({{"name", name}, {"path", path.string()}, {"bytes", error ? 0 : bytes}});
    out += fmt::format("{:<28} {:>10}  {}\n", name,
                       error ? "gone" : human_bytes(static_cast<double>(bytes)), path.string());
  };
  if (auto bundled = server::find_model("bundled")) add("bundled", *bundled);
  for (const fs::path& path : model_files(server::models_folder())) add(path.stem().string(), path);
  return print(common.json ? dump(list) + "\n" : out);
}

int show_model(const CommonOptions& common, const std::string& name) {
  auto path = server::find_model(name);
  if (!path) return report(path.error());
  auto file = model::ModelFile::open(*path);
  if (!file) return report(file.error());
  const server::Settings settings =
      effective_settings(common, workspace_root(common, fs::current_path()));
  const Json info = model_info(*file, {.fim = settings.fim_format,
                                       .next_edit = settings.next_edit_format,
                                       .chat = settings.chat_format});
  return print(common.json ? dump(info) + "\n" : describe_model(info));
}

// A link, not a copy: model files are large and stay where their user keeps them.
int add_model(const ModelsOptions& options) {
  const fs::path source = fs::absolute(options.file);
  auto file = model::ModelFile::open(source);
  if (!file) return report(file.error());
  if (options.name.empty() || options.name.find('/') != std::string::npos ||
      options.name == "bundled" || options.name == "none")
    return report_error(fmt::format(
        "model name '{}': expected a plain name, not 'bundled' or 'none'", options.name));
  std::error_code error;
  const fs::path link = server::models_folder() / (options.name + ".gguf");
  fs::create_directories(link.parent_path(), error);
  if (fs::exists(fs::symlink_status(link)))
    return report_error(fmt::format("{}: exists already", link.string()));
  fs::create_symlink(source, link, error);
  if (error) return report_error(fmt::format("{}: {}", link.string(), error.message()));
  return print(fmt::format("{} -> {}\n", options.name, source.string()));
}

// Replaces or adds the top-level `model` key and leaves every other line of the file as it is.
std::string with_model_key(const std::string& text, const std::string& name) {
  const std::string setting = fmt::format("model = \"{}\"", name);
  std::istringstream in(text);
  std::string out, line;
  bool placed = false, top_level = true;
  while (std::getline(in, line)) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start != std::string::npos && line[start] == '[') {
      if (!placed) out += setting + "\n", placed = true;
      top_level = false;
    }
    const bool is_key = top_level && start != std::string::npos &&
                        line.compare(start, 5, "model") == 0 &&
                        line.find_first_not_of(" \t", start + 5) == line.find('=');
    out += is_key ? setting + "\n" : line + "\n";
    placed |= is_key;
  }
  return placed ? out : out + setting + "\n";
}

int set_default_model(const ModelsOptions& options) {
  auto path = server::find_model(options.name);
  if (options.name != "none" && !path) return report(path.error());
  const fs::path config = server::user_config_file();
  std::string text;
  if (fs::exists(config)) {
    auto read = read_file(config);
    if (!read) return report(read.error());
    text = std::move(*read);
  }
  std::error_code error;
  fs::create_directories(config.parent_path(), error);
  const fs::path temporary = config.string() + ".partial";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << with_model_key(text, options.name);
  out.close();
  if (out) fs::rename(temporary, config, error);
  if (!out || error) return report_error(fmt::format("{}: cannot be written", config.string()));
  return print(fmt::format("{}: model = \"{}\"\n", config.string(), options.name));
}

}  // namespace

int run_models(const CommonOptions& common, const ModelsOptions& options) {
  switch (options.action) {
    case ModelsOptions::Action::kList:
      return list_models(common);
    case ModelsOptions::Action::kInfo:
      return show_model(common, options.file);
    case ModelsOptions::Action::kAdd:
      return add_model(options);
    case ModelsOptions::Action::kDefault:
      return set_default_model(options);
  }
  return kExitInternal;
}

}  // namespace curlew::cli
