#include "editors/cli/model_info.h"

#include <map>

#include "editors/cli/report.h"
#include "model/network/architecture.h"
#include "model/network/forward.h"
#include "model/network/kv_cache.h"

namespace curlew::cli {
namespace {

constexpr int kKvTokensShown = 1024;

using model::ModelConfig;
using model::ModelFile;
using model::ModelTensor;

struct WeightSum {
  std::int64_t tensors = 0, parameters = 0;
  std::size_t bytes = 0;
};

std::map<std::string, WeightSum> weights_by_type(const ModelFile& file) {
  std::map<std::string, WeightSum> sums;
  for (const ModelTensor& tensor : file.tensors()) {
    WeightSum& sum = sums[kernels::weight_type_name(tensor.type)];
    ++sum.tensors;
    sum.parameters += tensor.elements();
    sum.bytes += tensor.bytes.size();
  }
  return sums;
}

void add_weights(Json& out, const ModelFile& file) {
  Json by_type = Json::object();
  std::int64_t parameters = 0;
  std::string main_type = "none";
  std::size_t most = 0;
  for (const auto& [type, sum] : weights_by_type(file)) {
    by_type[type] = {
        {"tensors", sum.tensors}, {"parameters", sum.parameters}, {"bytes", sum.bytes}};
    parameters += sum.parameters;
    if (sum.bytes > most) main_type = type, most = sum.bytes;
  }
  out["parameters"] = parameters;
  out["weights"] = main_type;  // of most bytes, for one word about a mix
  out["weights_by_type"] = std::move(by_type);
}

bool is_float(kernels::WeightType type) {
  using kernels::WeightType;
  return type == WeightType::kF32 || type == WeightType::kF16 || type == WeightType::kBF16;
}

// Matrices of quantised types are repacked, to about the same size; floats are used where they lie,
// and of the embedding single rows are, unless it makes the logits too.
std::size_t packed_bytes_estimate(const ModelFile& file) {
  std::size_t bytes = 0;
  const bool tied = file.tensor("output.weight") == nullptr;
  for (const ModelTensor& tensor : file.tensors()) {
    const bool is_matrix = tensor.dims.size() > 1;
    const bool is_embedding = tensor.name == "token_embd.weight" && !tied;
    if (is_matrix && !is_embedding && !is_float(tensor.type)) bytes += tensor.bytes.size();
  }
  return bytes;
}

// Null where the heads' sizes are none that the type can hold.
Json kv_bytes(const ModelConfig& config, kernels::KvType type) {
  const model::KvShape shape = model::kv_shape(config, type);
  constexpr int kGroup = 32;
  if (type == kernels::KvType::kQ8_0 &&
      (shape.key_dim % kGroup != 0 || shape.value_dim % kGroup != 0))
    return nullptr;
  return shape.block_bytes() * (kKvTokensShown / kernels::kKvBlockTokens);
}

const char* scaling_name(const ModelFile& file, const ModelConfig& config) {
  switch (config.rope_scaling) {
    case model::RopeScaling::kLinear:
      return "linear";
    case model::RopeScaling::kYarn:
      return "yarn";
    case model::RopeScaling::kNone:
      break;
  }
  return file.tensor("rope_freqs.weight") != nullptr ? "llama-3" : "none";
}

void add_network(Json& out, const ModelFile& file, const ModelConfig& config) {
  out["name"] = config.name;
  out["context_tokens"] = config.context_tokens;
  out["rope"] = {{"base", config.rope_base},
                 {"scaling", scaling_name(file, config)},
                 {"factor", config.rope_factor}};
  out["layers"] = config.n_layers;
  out["hidden_dim"] = config.hidden_dim;
  out["heads"] = config.n_heads;
  out["kv_heads"] = config.n_kv_heads;
  out["head_dim"] = config.head_dim;
  if (config.experts.count > 0)
    out["experts"] = {{"count", config.experts.count}, {"used", config.experts.used}};
  const Json f16 = kv_bytes(config, kernels::KvType::kF16);
  out["memory_bytes"] = {
      {"file", file.size_bytes()},
      {"weights", file.size_bytes()},
      {"packed_weights_estimate", packed_bytes_estimate(file)},
      {"kv_per_1024_tokens", {{"F16", f16}, {"Q8_0", kv_bytes(config, kernels::KvType::kQ8_0)}}},
      {"kv_full_context_f16", f16.get<std::int64_t>() / kKvTokensShown * config.context_tokens}};
}

Json spellings(const model::Tokenizer& tokenizer, const std::vector<model::TokenId>& ids) {
  Json out = Json::array();
  for (const model::TokenId id : ids) out.push_back(std::string(tokenizer.spelling(id)));
  return out;
}

// Of any kind of format.
template <class Format>
Json format_json(const model::Tokenizer& tokenizer, const model::Expected<Format>& format) {
  if (!format) return {{"family", nullptr}, {"why", format.error().message()}};
  return {{"family", format->family},
          {"why", format->why},
          {"stop_tokens", spellings(tokenizer, format->stop_tokens)},
          {"stop_strings", format->stop_strings}};
}

const char* order_name(model::FimOrder order) {
  switch (order) {
    case model::FimOrder::kPsm:
      return "psm";
    case model::FimOrder::kSpm:
      return "spm";
    case model::FimOrder::kSpmSide:
      return "spm-side";
  }
  return "?";
}

void add_text(Json& out, const ModelFile& file, const model::PromptFormatNames& names) {
  const auto tokenizer = model::load_tokenizer(file);
  if (!tokenizer) {
    out["tokenizer"] = {{"error", tokenizer.error().message()}};
    return;
  }
  const model::Tokenizer& t = **tokenizer;
  out["tokenizer"] = {{"model", t.model_name()},
                      {"pre", t.pre_name()},
                      {"size", t.size()},
                      {"end_of_generation", spellings(t, t.special().end_of_generation)}};
  const model::PromptFormats formats = model::choose_prompt_formats(file, t, names);
  out["fim"] = format_json(t, formats.fim);
  if (formats.fim) {
    out["fim"]["order"] = order_name(formats.fim->order);
    out["fim"]["ends_by_itself"] = formats.fim->ends_by_itself;
  }
  out["next_edit"] = format_json(t, formats.next_edit);
  out["chat"] = format_json(t, formats.chat);
  out["chat_template"] = file.find("tokenizer.chat_template") != nullptr;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string weights_line(const Json& info) {
  if (info["weights_by_type"].empty()) return "none: the file is a vocabulary";
  std::string out = fmt::format("{} in ", human_bytes(info["file_bytes"].get<double>()));
  std::string between;
  for (const auto& [type, sum] : info["weights_by_type"].items()) {
    out += fmt::format("{}{} ({} tensors, {})", between, type, sum["tensors"].get<std::int64_t>(),
                       human_bytes(sum["bytes"].get<double>()));
    between = ", ";
  }
  return out;
}

std::string network_lines(const Json& info) {
  const Json& memory = info["memory_bytes"];
  const Json& kv = memory["kv_per_1024_tokens"];
  const Json& rope = info["rope"];
  std::string scaling = text_of(rope["scaling"]);
  if (scaling == "linear" || scaling == "yarn")
    scaling += fmt::format(" x{:g}", rope["factor"].get<double>());
  std::string shape =
      fmt::format("{} layers, width {}, {} heads of {}, {} for keys and values",
                  info["layers"].dump(), info["hidden_dim"].dump(), info["heads"].dump(),
                  info["head_dim"].dump(), info["kv_heads"].dump());
  if (info.contains("experts"))
    shape += fmt::format(", {} of {} experts", info["experts"]["used"].dump(),
                         info["experts"]["count"].dump());
  return fmt::format(
      "  name          {}\n  shape         {}\n  context       {} tokens; rope base {:g}, scaling "
      "{}\n  memory        file {}, of it repacked about {}; per {} tokens of cache {} in F16, {} "
      "in Q8_0\n",
      text_of(info["name"]), shape, info["context_tokens"].dump(), rope["base"].get<double>(),
      scaling, human_bytes(memory["file"]), human_bytes(memory["packed_weights_estimate"]),
      kKvTokensShown, human_bytes(kv["F16"]),
      kv["Q8_0"].is_null() ? "(cannot)" : human_bytes(kv["Q8_0"]));
}

std::string format_lines(const Json& info, const char* key, std::string_view title) {
  const Json& format = info[key];
  if (format["family"].is_null())
    return fmt::format("  {:<14}none: {}\n", title, text_of(format["why"]));
  std::string out =
      fmt::format("  {:<14}{}: {}\n", title, text_of(format["family"]), text_of(format["why"]));
  std::vector<std::string> stop_list;
  for (const Json& token : format["stop_tokens"]) stop_list.push_back(text_of(token));
  for (const Json& text : format["stop_strings"]) stop_list.push_back(text.dump());
  std::string stops = fmt::format("{}", fmt::join(stop_list, " "));
  if (!format.value("ends_by_itself", true)) stops += "; where it meets the suffix";
  return stops.empty() ? out : out + fmt::format("  {:<14}stops at {}\n", "", stops);
}

std::string text_lines(const Json& info) {
  const Json& tokenizer = info["tokenizer"];
  if (tokenizer.contains("error"))
    return fmt::format("  vocabulary    {}\n", text_of(tokenizer["error"]));
  std::vector<std::string> ends;
  for (const Json& end : tokenizer["end_of_generation"]) ends.push_back(text_of(end));
  const std::string pre = text_of(tokenizer["pre"]);
  const std::string vocabulary =
      fmt::format("  vocabulary    {} tokens, {}{}{}; ends at {}\n", tokenizer["size"].dump(),
                  text_of(tokenizer["model"]), pre.empty() ? "" : ", pre-tokenizer ", pre,
                  fmt::join(ends, " "));
  return vocabulary + format_lines(info, "fim", "fill-in") +
         format_lines(info, "next_edit", "next edit") + format_lines(info, "chat", "chat");
}

std::string millions(double parameters) {
  return parameters >= 1e9 ? fmt::format("{:.2f} billion", parameters / 1e9)
                           : fmt::format("{:.2f} million", parameters / 1e6);
}

}  // namespace

Json model_info(const ModelFile& file, const model::PromptFormatNames& formats) {
  Json out = {{"path", file.name()},
              {"gguf_version", file.version()},  // 0 for a folder
              {"file_bytes", file.size_bytes()},
              {"architecture", file.string("general.architecture", "unknown").value_or("unknown")},
              {"name", file.string("general.name", "").value_or("")}};
  add_weights(out, file);
  add_text(out, file, formats);
  const auto config = model::read_config(file);
  out["runs"] = config.has_value();
  if (config)
    add_network(out, file, *config);
  else
    out["why_not"] = config.error().message();
  return out;
}

std::string describe_model(const Json& info) {
  std::string out = fmt::format("{}\n  architecture  {}\n  parameters    {}\n  weights       {}\n",
                                text_of(info["path"]), text_of(info["architecture"]),
                                millions(info["parameters"].get<double>()), weights_line(info));
  if (info["runs"].get<bool>()) out += network_lines(info);
  out += text_lines(info);
  return out + (info["runs"].get<bool>()
                    ? "  runs          yes\n"
                    : fmt::format("  cannot run    {}\n", text_of(info["why_not"])));
}

}  // namespace curlew::cli
