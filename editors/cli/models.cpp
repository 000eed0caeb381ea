// curlew models: which model files are at hand, what a file is, and which one is used.
#include <fstream>
#include <sstream>

#include "editors/cli/engine.h"
#include "editors/cli/json_output.h"
#include "editors/cli/report.h"
#include "model/files/model_file.h"
#include "model/network/architecture.h"
#include "model/text/fim.h"
#include "model/text/tokenizer.h"

namespace curlew::cli {
namespace fs = std::filesystem;
namespace {

// The type that holds most of the weights' bytes, for one word about a mix.
std::string main_weight_type(const model::ModelFile& file) {
  std::map<std::string, std::size_t> bytes_by_type;
  for (const model::ModelTensor& tensor : file.tensors())
    bytes_by_type[kernels::weight_type_name(tensor.type)] += tensor.bytes.size();
  std::string best = "none";
  std::size_t most = 0;
  for (const auto& [type, bytes] : bytes_by_type)
    if (bytes > most) best = type, most = bytes;
  return best;
}

Json info_of(const model::ModelFile& file, const fs::path& path) {
  Json out = {{"path", path.string()},
              {"gguf_version", file.version()},
              {"file_bytes", file.size_bytes()},
              {"weights", main_weight_type(file)}};
  const auto architecture = file.string("general.architecture", "unknown");
  out["architecture"] = architecture ? std::string(*architecture) : "unknown";
  auto tokenizer = model::load_tokenizer(file);
  if (tokenizer) {
    out["tokenizer"] = {{"model", (*tokenizer)->model_name()},
                        {"pre", (*tokenizer)->pre_name()},
                        {"size", (*tokenizer)->size()}};
    auto fim = model::choose_fim_format(**tokenizer, architecture ? *architecture : "",
                                        file.string("general.name", "").value_or(""),
                                        path.filename().string());
    if (fim)
      out["fim"] = {{"family", fim->family}, {"why", fim->why}};
    else
      out["fim"] = {{"family", nullptr}, {"why", fim.error().message()}};
  } else {
    out["tokenizer"] = {{"error", tokenizer.error().message()}};
  }
  out["chat"] = file.find("tokenizer.chat_template") != nullptr;
  auto config = model::read_config(file);
  if (!config) {
    out["runs"] = false;
    out["why_not"] = config.error().message();
    return out;
  }
  const double kv_bytes =
      2.0 * 2 * config->n_layers * config->n_kv_heads * config->head_dim * config->context_tokens;
  out["runs"] = true;
  out["name"] = config->name;
  out["context_tokens"] = config->context_tokens;
  out["layers"] = config->n_layers;
  out["hidden_dim"] = config->hidden_dim;
  out["heads"] = config->n_heads;
  out["kv_heads"] = config->n_kv_heads;
  out["memory_bytes"] = {{"weights", file.size_bytes()}, {"kv_full_context_f16", kv_bytes}};
  return out;
}

std::string describe(const Json& info) {
  const auto text = [&](const char* key) {
    const Json& value = info.value(key, Json());
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::string out = fmt::format("{}\n  architecture  {}\n  weights       {}, {}\n", text("path"),
                                text("architecture"), text("weights"),
                                human_bytes(info.value("file_bytes", 0.0)));
  if (info.value("runs", false)) {
    out += fmt::format("  context       {} tokens\n  memory        {} + {} for a full context\n",
                       text("context_tokens"), human_bytes(info["memory_bytes"]["weights"]),
                       human_bytes(info["memory_bytes"]["kv_full_context_f16"]));
  } else {
    out += fmt::format("  cannot run    {}\n", text("why_not"));
  }
  if (info.contains("fim"))
    out += fmt::format("  FIM           {} ({})\n", info["fim"]["family"].dump(),
                       info["fim"]["why"].get<std::string>());
  return out + fmt::format("  chat template {}\n", info.value("chat", false) ? "yes" : "no");
}

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

int model_info(const CommonOptions& common, const std::string& name) {
  auto path = server::find_model(name);
  if (!path) return report(path.error());
  auto file = model::ModelFile::open(*path);
  if (!file) return report(file.error());
  const Json info = info_of(*file, *path);
  return print(common.json ? dump(info) + "\n" : describe(info));
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
      return model_info(common, options.file);
    case ModelsOptions::Action::kAdd:
      return add_model(options);
    case ModelsOptions::Action::kDefault:
      return set_default_model(options);
  }
  return kExitInternal;
}

}  // namespace curlew::cli
